import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createMillrace, type Millrace } from '../../src/index.js';
import { run } from '../support/cli-fixture.js';
import { RUNNER_ENTRY } from '../support/dist.js';

const CA = 'test/fixtures/tls/first.crt';
const TLS = { certFile: CA, keyFile: 'test/fixtures/tls/first.key' };
const CLIENT = 'test/fixtures/tls/clients/spiffe';
const CALLER = 'cert:spiffe://example.com/ns/fraud/sa/scorer';
const MUTUAL = { ...TLS, clientCertificates: 'required', clientCaFile: 'test/fixtures/tls/clients/one.crt' } as const;
const START = 'Start a server with `millrace serve <folder>`, or say with --url where one is.';
const TRUST = 'If this is your server, name its certificate, or that of its authority, with --ca-file.';

const servers: Millrace[] = [];
/** Addresses of one server with TLS and one without. */
const at = { https: '', grpcs: '', http: '', grpc: '', mutual: '' };

async function serve(tls: typeof TLS | typeof MUTUAL | Record<string, never>) {
  const millrace = await createMillrace({
    settings: {
      repository: { paths: ['examples/models'], controlMode: 'explicit', loadModels: ['mlp'] },
      server: { httpPort: 0, grpcPort: 0, metricsPort: -1, tls },
      auth: { bindings: [{ principal: CALLER, role: 'caller', models: ['mlp'] }] },
      runners: { entry: RUNNER_ENTRY },
      telemetry: { logLevel: 'silent' },
    },
  });
  servers.push(millrace);
  const { http, grpc } = await millrace.listen();
  return { url: http.url.replace('127.0.0.1', 'localhost'), grpc: `localhost:${grpc?.port}` };
}

beforeAll(async () => {
  vi.stubEnv('NO_COLOR', '1');
  const [secure, plain, mutual] = await Promise.all([serve(TLS), serve({}), serve(MUTUAL)]);
  Object.assign(at, {
    https: secure.url,
    grpcs: `https://${secure.grpc}`,
    http: plain.url,
    grpc: `http://${plain.grpc}`,
    mutual: mutual.url,
  });
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

const ROW = `[${Array.from({ length: 16 }, (_, index) => index)}]`;

describe('a server whose certificate is its own', () => {
  it.each([
    ['models', 'list'],
    ['models', 'show', 'mlp'],
    ['infer', 'mlp', '-i', ROW],
    ['infer', 'mlp', '-i', ROW, '--no-binary', '--json'],
    ['types', 'mlp'],
    ['bench', 'mlp', '--concurrency', '1', '--count', '3', '--warmup', '0'],
  ])('is trusted by --ca-file: %s', async (...argv) => {
    const { code, out, err } = await run([...argv, '--url', at.https, '--ca-file', CA]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(argv[0] === 'bench' ? '1 client' : argv[0] === 'types' ? 'Mlp' : 'mlp');
  });

  it('is not trusted without, and the flag is named', async () => {
    const { code, err } = await run(['models', 'list', '--url', at.https]);
    expect({ code, err }).toEqual({
      code: 3,
      err: `error: cannot reach ${at.https}: self-signed certificate\n${TRUST}\n`,
    });
    const other = await run(['models', 'list', '--url', at.https, '--ca-file', 'test/fixtures/tls/second.crt']);
    expect(other).toMatchObject({ code: 3, err: expect.stringContaining(TRUST) });
  });

  it('is trusted by the curl command, too', async () => {
    const { out } = await run(['infer', 'mlp', '-i', ROW, '--curl', '--url', at.https, '--ca-file', CA]);
    expect(out).toContain(`curl -s --cacert ${CA} ${at.https}/v2/models/mlp/infer `);
  });

  it('says what is wrong with the file', async () => {
    const none = await run(['models', 'list', '--url', at.https, '--ca-file', 'package.json']);
    expect(none).toMatchObject({ code: 2, err: 'error: package.json holds no PEM certificate\n' });
  });
});

describe('a server that asks for a certificate', () => {
  const shown = ['--ca-file', CA, '--cert-file', `${CLIENT}.crt`, '--cert-key-file', `${CLIENT}.key`];

  it.each([
    ['infer', 'mlp', '-i', ROW],
    ['bench', 'mlp', '--concurrency', '1', '--count', '3', '--warmup', '0'],
  ])('is shown one: %s', async (...argv) => {
    const { code, err } = await run([...argv, '--url', at.mutual, ...shown]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('is shown one by the curl command, too', async () => {
    const { out } = await run(['infer', 'mlp', '-i', ROW, '--curl', '--url', at.mutual, ...shown]);
    expect(out).toContain(`curl -s --cacert ${CA} --cert ${CLIENT}.crt --key ${CLIENT}.key ${at.mutual}/v2/`);
  });

  it('is not reached without, nor with half of it', async () => {
    expect((await run(['models', 'list', '--url', at.mutual, '--ca-file', CA])).code).toBe(3);
    const half = await run(['models', 'list', '--url', at.mutual, '--cert-file', `${CLIENT}.crt`]);
    expect(half).toMatchObject({
      code: 2,
      err: 'error: a certificate to show needs both --cert-file and --cert-key-file\n',
    });
    const other = ['--cert-file', `${CLIENT}.crt`, '--cert-key-file', 'test/fixtures/tls/first.key'];
    expect(await run(['models', 'list', '--url', at.mutual, ...other])).toMatchObject({
      code: 2,
      err: expect.stringContaining('are not usable: '),
    });
  });
});

describe('an address of another kind', () => {
  it.each<[string, () => string, string]>([
    ['TLS is asked of a plain port', () => at.http.replace('http:', 'https:'), 'it does not speak TLS; say http://'],
    [
      'a port with TLS is asked without',
      () => at.https.replace('https:', 'http:'),
      'the connection was closed without an answer; does it take https://?',
    ],
    ['gRPC', () => at.grpc, 'it does not speak HTTP/1.1; is that its gRPC port?'],
    ['gRPC with TLS', () => at.grpcs, 'it does not speak HTTP/1.1; is that its gRPC port?'],
  ])('is told in words: %s', async (_, url, detail) => {
    for (const argv of [
      ['models', 'list'],
      ['bench', 'mlp', '--count', '1'],
    ]) {
      const trust = url().startsWith('https:') ? ['--ca-file', CA] : [];
      const { code, err } = await run([...argv, '--url', url(), ...trust]);
      expect({ code, err }).toEqual({ code: 3, err: `error: cannot reach ${url()}: ${detail}\n` });
      if (url().startsWith('https:')) {
        expect((await run([...argv, '--url', url()])).err).toBe(`error: cannot reach ${url()}: ${detail}\n`);
      }
    }
  });

  it('with nobody there comes with what to start', async () => {
    const { err } = await run(['bench', 'mlp', '--url', 'http://127.0.0.1:9']);
    expect(err).toContain(`\n${START}\n`);
  });
});
