import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/core/index.js';
import { VERSION } from '../../src/version.js';
import { run } from '../support/cli-fixture.js';
import { bearer, type KeyServer, startKeyServer } from '../support/key-server.js';

let served: KeyServer;
const settings = {
  server: { httpPort: 0, grpcPort: -1, metricsPort: -1, headersTimeoutMs: 3_600_000 },
  auth: { required: true },
};

beforeAll(async () => {
  served = await startKeyServer(settings);
});
afterAll(() => served[Symbol.asyncDispose]());

const doctor = (...argv: readonly string[]) =>
  run(['doctor', '--url', `http://127.0.0.1:${served.server.port}`, ...argv], { cwd: served.server.folder.path });

describe('millrace doctor --url', () => {
  it('tells what the server finds of itself', async () => {
    await served.create('ci --grant caller');
    const { code, out, err } = await doctor('--json', '--key', served.admin);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    const { findings } = JSON.parse(out) as { readonly findings: readonly Finding[] };
    const own = findings.filter(
      ({ id, where }) => where !== 'the container' && !/^(node|package|disk|open-files|clock)/.test(id),
    );
    expect(own.map(({ level, id, where }) => `${level} ${id} ${where}`)).toEqual([
      'warning slow-clients server.headersTimeoutMs',
      'note key-without-expiry the store',
      'note audit-without-second-place audit.keyFile',
      'note no-quotas quotas',
    ]);
    expect(own[1]?.what).toBe('API keys that never expire: admin, ci');
    expect(out).not.toContain(served.admin);
  });

  it('is for those who may see who may do what', async () => {
    const caller = await served.create('other --grant caller');
    const { code, err } = await doctor('--key', caller);
    expect({ code, err }).toEqual({
      code: 1,
      err: "error: 'key:other' lacks the right 'access.read'; its roles: caller\n",
    });
    expect((await doctor('--key', 'wrong')).code).toBe(1);
  });

  it('gives those who ask at the same time the same answer', async () => {
    const ask = () => served.server.send('GET /millrace/v1/doctor', '', bearer(served.admin));
    const answers = await Promise.all(Array.from({ length: 8 }, ask));
    const bodies = answers.map(({ body }) => JSON.parse(body.toString()));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(bodies[0]).toMatchObject({ version: VERSION });
    for (const body of bodies) expect(body).toEqual(bodies[0]);
  });

  it('takes no settings: the server has its own', async () => {
    const told = {
      code: 2,
      out: '',
      err: 'error: --url looks over a server that runs: it has its settings already\n',
    };
    expect(await doctor('./models')).toEqual(told);
    expect(await doctor('--host', '0.0.0.0')).toEqual(told);
    expect(await doctor('-c', 'millrace.yaml')).toEqual(told);
  });

  it('says so where there is no server', async () => {
    const { code, err } = await run(['doctor', '--url', 'http://127.0.0.1:9'], {});
    expect(code).toBe(3);
    expect(err).toContain('cannot reach http://127.0.0.1:9');
    const nonsense = ['--url', 'nonsense'];
    expect(await run(['doctor', ...nonsense], {})).toEqual(await run(['models', 'list', ...nonsense], {}));
  });
});
