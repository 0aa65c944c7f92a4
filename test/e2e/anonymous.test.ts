import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PartialSettings } from '../../src/config/index.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { askThrough, BETWEEN_MACHINES, type Ends } from '../support/elsewhere.js';
import { protoBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import type { RawResponse } from '../support/raw-client.js';

const MODELS = {
  'echo/1/': '',
  'echo/model.yaml': `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
instances: { placement: inline }
`,
};
const EXPLICIT = { repository: { controlMode: 'explicit', loadModels: ['*'] } } as const;
const OPEN = { auth: { allowAnonymous: true } };
const HERE: Ends = { local: '127.0.0.1', remote: '127.0.0.1' };
const INFER = 'POST /v2/models/echo/infer';
const INDEX = 'POST /v2/repository/index';
const LOAD = 'POST /v2/repository/models/echo/load';
const LOGGING = 'POST /v2/logging';

const lacks = (right: string) =>
  `this needs the right ${right}: without a key only callers on the server's own machine have it, and only with --model-control-mode explicit --load-model '*'`;
const LOAD_LACKS = lacks("'model.load' on 'echo'");
const LOGGING_LACKS = lacks("'setting.change'");
const NO_KEYS =
  'this server has no keys, so it answers callers on its own machine only: add a key under `auth.keys`, or allow everybody with `auth.allowAnonymous`';

let server: AppServer | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await closeGrpcServers();
  await server?.[Symbol.asyncDispose]();
});

async function start(settings: PartialSettings): Promise<AppServer> {
  server = await startAppServer(MODELS, settings);
  return server;
}

/** What a request by the handler of an application's own server is answered: the status, or the error. */
async function ask(line: string, ends: Ends, headers: Readonly<Record<string, string>> = {}) {
  const { status, body } = await askThrough((req, res) => server?.app.handler(req, res), line, { ends, headers });
  return body?.error ?? status;
}

describe('without keys', () => {
  it('a caller on this machine may infer, list, load and change settings in explicit mode', async () => {
    await start(EXPLICIT);
    for (const line of [INFER, INDEX, LOAD, LOGGING]) expect([line, await ask(line, HERE)]).toEqual([line, 200]);
  });

  it.each([
    ['GET /millrace/v1/keys', 'key.read'],
    ['POST /millrace/v1/keys', 'key.change'],
    ['POST /millrace/v1/keys/app/rotate', 'key.change'],
    ['POST /millrace/v1/keys/app/revoke', 'key.change'],
    ['GET /millrace/v1/audit', 'audit.read'],
  ])('a caller on this machine is refused %s, and told how to make a key', async (line, right) => {
    await start(EXPLICIT);
    const body = line.endsWith('/keys') ? JSON.stringify({ name: 'app', grants: [{ role: 'caller' }] }) : '';
    const { status, body: answer } = jsonOf((await server?.send(line, body)) as RawResponse);
    expect([status, answer.error.message]).toEqual([
      403,
      `this needs the right '${right}', which no caller has without a key: stop the server, make a key (\`millrace keys create admin --grant admin --store <store.path>\`), and start it with \`--auth-required\``,
    ]);
  });

  it('a caller on this machine may have the server examined, and ask what it may do', async () => {
    await start(EXPLICIT);
    expect(await ask('GET /millrace/v1/doctor', HERE)).toBe(200);
    const explained = jsonOf((await server?.send('GET /millrace/v1/access/explain?action=key.read')) as RawResponse);
    expect(explained.body).toMatchObject({
      allowed: false,
      has: [
        {
          role: 'admin',
          except: ['key.read', 'key.change', 'audit.read', 'payload.read', 'payload.erase', 'server.manage'],
        },
      ],
    });
  });

  it.each([
    [0, EXPLICIT, 1],
    [1000, EXPLICIT, 0],
    [0, {}, 0],
  ])(
    'a server of user %i with %j warns %i times that users of the machine control it',
    async (uid, settings, times) => {
      vi.spyOn(process, 'getuid').mockReturnValue(uid);
      const { log } = await start(settings);
      const warnings = log.filter(({ level, msg }) => level === 'warn' && msg.startsWith('the server runs as root, '));
      expect(warnings).toHaveLength(times);
    },
  );

  it('a caller on this machine changes nothing in the other modes', async () => {
    await start({});
    expect(await ask(LOGGING, HERE)).toBe(LOGGING_LACKS);
    expect(await ask(INFER, HERE)).toBe(200);
  });

  it('callers on other machines are refused by the handler as by a port', async () => {
    await start(EXPLICIT);
    for (const line of [INFER, INDEX, LOAD]) expect(await ask(line, BETWEEN_MACHINES)).toBe(NO_KEYS);
    expect(await ask('GET /v2/health/ready', BETWEEN_MACHINES)).toBe(200);
  });

  it('callers on other machines that are allowed may infer and observe, and change nothing', async () => {
    await start({ ...EXPLICIT, ...OPEN });
    for (const line of [INFER, INDEX]) expect(await ask(line, BETWEEN_MACHINES)).toBe(200);
    expect(await ask(LOAD, BETWEEN_MACHINES)).toBe(LOAD_LACKS);
    expect(await ask(LOGGING, BETWEEN_MACHINES)).toBe(LOGGING_LACKS);
  });

  it('a caller that hung up before anybody looked where it was is on no machine of ours', async () => {
    await start({ ...EXPLICIT, ...OPEN });
    expect(await ask(LOAD, { local: '10.1.2.3', remote: undefined })).toBe(LOAD_LACKS);
  });

  it.each(['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'])(
    'what a proxy on this machine hands on with %s is not from this machine',
    async (name) => {
      await start({ ...EXPLICIT, ...OPEN });
      expect(await ask(LOAD, HERE, { [name]: 'for=10.9.9.9' })).toBe(LOAD_LACKS);
    },
  );

  it('what a proxy on this machine hands on for a public name may infer where that name is allowed', async () => {
    await start({ ...EXPLICIT, ...OPEN, server: { allowedHosts: ['models.example'] } });
    expect(await ask(INFER, HERE, { host: 'models.example' })).toBe(200);
    expect(await ask(LOAD, HERE, { host: 'models.example' })).toBe(LOAD_LACKS);
  });

  it('whoever may open the Unix socket is on this machine', async () => {
    const socketPath = join(tmpdir(), `millrace-anonymous-${process.pid}.sock`);
    await start({ ...EXPLICIT, server: { httpSocket: socketPath } });
    const status = await new Promise((resolve) =>
      request({ socketPath, method: 'POST', path: '/v2/repository/models/echo/load' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end(),
    );
    expect(status).toBe(200);
  });

  it.each([
    [{}, 0, ''],
    [{ 'x-forwarded-for': '10.9.9.9' }, 7, LOAD_LACKS],
  ])('the same holds over gRPC with metadata %o', async (metadata, code, details) => {
    const { addresses } = await start({ ...EXPLICIT, ...OPEN });
    const client = new GrpcClient(addresses.grpc?.url ?? '');
    const path = '/inference.GRPCInferenceService/RepositoryModelLoad';
    const message = protoBytes('RepositoryModelLoadRequest', { model_name: 'echo' });
    const { status } = await client.unary(message, { path, metadata });
    expect([status.code, status.details]).toEqual([code, details]);
  });
});
