import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { credentials, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../support/fake-clock.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { closeTestServers, EVERYBODY, startTestServer, type TestServerOptions } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { until } from '../support/until.js';

const TLS = path.resolve(import.meta.dirname, '../fixtures/tls');
const CLIENTS = path.join(TLS, 'clients');
const BODY = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
/** One by each way in: the fast path, and `node:http`. */
const FAST = requestText('POST /v2/models/m/infer', {}, BODY);
const SLOW = requestText('GET /v2/models/m');
const METADATA = '/inference.GRPCInferenceService/ServerMetadata';

const folders: string[] = [];
afterEach(async () => {
  await closeGrpcServers();
  await closeTestServers();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A certificate and its key, as Node's clients take them. */
function clientOf(name: string) {
  return {
    cert: readFileSync(path.join(CLIENTS, `${name}.crt`)),
    key: readFileSync(path.join(CLIENTS, `${name}.key`)),
  };
}

/** A server that asks for certificates of the authority `one`, and calls whoever calls by what they have shown. */
async function start(mode: 'optional' | 'required', options: TestServerOptions = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-client-ca-'));
  folders.push(folder);
  const clientCaFile = path.join(folder, 'ca.crt');
  copyFileSync(path.join(CLIENTS, 'one.crt'), clientCaFile);
  const clock = new FakeClock();
  const files = { certFile: path.join(TLS, 'first.crt'), keyFile: path.join(TLS, 'first.key'), clientCaFile };
  const server = await startTestServer({
    clock,
    options: { grpcPort: 0, ...options, tls: { ...files, clientCertificates: mode } },
    dependencies: {
      authenticate: (_authorization, { certificate }) => ({
        ...EVERYBODY,
        name: certificate === undefined ? 'nobody' : `${certificate.name} of ${certificate.groups.join(' ')}`,
      }),
    },
  });
  const connect = async (name?: string, more = {}) =>
    await RawClient.connect(server.port, { tls: { ...(name === undefined ? {} : clientOf(name)), ...more } });
  /** Whom the server takes the client for; '' = it does not answer. */
  const callerOf = async (client: RawClient, request = FAST) => {
    const before = server.finished.length;
    client.send(request);
    const answer = await client.response().catch(() => undefined);
    if (answer === undefined) return '';
    await until('it has settled', () => server.finished.length > before);
    return server.finished[before]?.call.principal.name;
  };
  const grpcClient = (name?: string) => {
    const { cert, key } = name === undefined ? { cert: null, key: null } : clientOf(name);
    const secure = credentials.createSsl(readFileSync(files.certFile), key, cert);
    return new GrpcClient(`localhost:${server.addresses.grpc?.port}`, {}, secure);
  };
  const grpcCaller = async (name?: string) => {
    const { error } = await grpcClient(name).unary(Buffer.of(), { path: METADATA });
    return error?.code ?? status.OK;
  };
  /** Other authorities take the place of the first. */
  const trust = async (...names: readonly string[]) => {
    writeFileSync(clientCaFile, names.map((name) => readFileSync(path.join(CLIENTS, `${name}.crt`), 'utf8')).join(''));
    const known = server.diagnostics.length;
    await clock.advance(5_000);
    await expect.poll(() => server.diagnostics.length).toBeGreaterThan(known);
  };
  return { ...server, connect, callerOf, grpcClient, grpcCaller, trust, clientCaFile, clock };
}

const SCORER = 'spiffe://example.com/ns/fraud/sa/scorer of fraud-team night-shift';

describe.each(['optional', 'required'] as const)('where certificates are %s', (mode) => {
  it.each([
    ['spiffe', SCORER],
    ['dns', 'b.example.com of '],
    ['mail', 'c@example.com of '],
    ['nameless', 'undefined of '],
  ])('the client with %s is %s', async (name, expected) => {
    const { connect, callerOf } = await start(mode);
    const client = await connect(name);
    expect([await callerOf(client), await callerOf(client, SLOW), await callerOf(client)]).toEqual(
      Array(3).fill(expected),
    );
  });

  it('is called so without the fast path, and by TLS 1.2', async () => {
    const { connect, callerOf } = await start(mode, { fastPath: false });
    expect(await callerOf(await connect('spiffe', { maxVersion: 'TLSv1.2' }))).toBe(SCORER);
  });

  it.each(['foreign', 'expired', 'server'])('a client with a certificate that is %s gets no answer', async (name) => {
    const { connect, callerOf, grpcCaller, finished, diagnostics } = await start(mode);
    const client = await connect(name).catch(() => undefined);
    expect(client === undefined ? '' : await callerOf(client)).toBe('');
    expect(await grpcCaller(name)).toBe(status.UNAVAILABLE);
    expect(finished).toEqual([]);
    if (mode === 'optional') {
      expect(diagnostics.map(({ message }) => message)).toEqual([
        expect.stringMatching(/^a client certificate was refused: [A-Z_]+$/),
      ]);
    }
  });

  it('gRPC knows its clients, too', async () => {
    const { grpcCaller, diagnostics } = await start(mode);
    expect([await grpcCaller('spiffe'), await grpcCaller('dns')]).toEqual([status.OK, status.OK]);
    expect(diagnostics).toEqual([]);
  });

  it('a connection ends when its authority is no longer trusted, and goes on where it still is', async () => {
    const { connect, callerOf, trust } = await start(mode);
    const [client, other] = [await connect('spiffe'), await connect('dns')];
    expect(await callerOf(client)).toBe(SCORER);
    await trust('two', 'one');
    expect(await callerOf(client)).toBe(SCORER);
    expect(await callerOf(await connect('foreign'))).toBe('spiffe://example.com/ns/fraud/sa/scorer of ');
    await trust('two');
    await Promise.all([client.closed, other.closed]);
    const again = await connect('spiffe').catch(() => undefined);
    expect(again === undefined ? '' : await callerOf(again)).toBe('');
  });

  it('a gRPC call ends with the authority, too', async () => {
    const { grpcClient, grpcCaller, trust } = await start(mode);
    const client = grpcClient('dns');
    const stream = client.stream({ path: '/inference.GRPCInferenceService/ModelStreamInfer' });
    const ended = once(stream, 'error');
    // By the same connection: the stream has arrived.
    expect((await client.unary(Buffer.of(), { path: METADATA })).error).toBeNull();
    await trust('two');
    expect((await ended)[0]).toMatchObject({ code: status.UNAVAILABLE });
    expect([await grpcCaller('dns'), await grpcCaller('foreign')]).toEqual([status.UNAVAILABLE, status.OK]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s does not outlive its authority', async (maxVersion) => {
    const { connect, callerOf, trust } = await start(mode);
    const first = await connect('spiffe', { maxVersion });
    const session = new Promise<Buffer>((resolve) => (first.socket as TLSSocket).once('session', resolve));
    const known = maxVersion === 'TLSv1.2' ? (first.socket as TLSSocket).getSession() : undefined;
    expect(await callerOf(first)).toBe(SCORER);
    const ticket = known ?? (await session);
    const resumed = await connect('spiffe', { maxVersion, session: ticket });
    expect([(resumed.socket as TLSSocket).isSessionReused(), await callerOf(resumed)]).toEqual([true, SCORER]);
    await trust('two');
    const late = await connect('spiffe', { maxVersion, session: ticket }).catch(() => undefined);
    expect(late === undefined ? '' : await callerOf(late)).toBe('');
  });

  it('authorities that cannot be read change nothing', async () => {
    const { connect, callerOf, clientCaFile, clock, diagnostics } = await start(mode);
    writeFileSync(clientCaFile, 'half a certificate');
    await clock.advance(5_000);
    await expect.poll(() => diagnostics.length).toBe(1);
    expect(diagnostics[0]?.message).toBe(
      'the new TLS certificate is not usable, the old one stays: `server.tls.clientCaFile` holds no PEM certificate',
    );
    expect(await callerOf(await connect('spiffe'))).toBe(SCORER);
  });
});

describe('a client without a certificate', () => {
  it('is nobody where they are optional, also when it comes back', async () => {
    const { connect, callerOf, grpcCaller } = await start('optional');
    const client = await connect();
    const session = new Promise<Buffer>((resolve) => (client.socket as TLSSocket).once('session', resolve));
    expect([await callerOf(client), await callerOf(client, SLOW), await grpcCaller()]).toEqual(['nobody', 'nobody', 0]);
    const again = await connect(undefined, { session: await session });
    expect([(again.socket as TLSSocket).isSessionReused(), await callerOf(again)]).toEqual([true, 'nobody']);
  });

  it('is refused in the handshake where they are required', async () => {
    const { connect, callerOf, grpcCaller, finished } = await start('required');
    const client = await connect().catch(() => undefined);
    expect(client === undefined ? '' : await callerOf(client)).toBe('');
    expect([await grpcCaller(), finished]).toEqual([status.UNAVAILABLE, []]);
  });
});
