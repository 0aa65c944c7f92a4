import { afterEach, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.js';
import { createSettings, type PartialSettings } from '../../src/config/index.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { type IssuerServer, startIssuerServer } from '../support/issuer-server.js';
import { bearer, ECHO, ECHO_MODEL } from '../support/key-server.js';
import { AUDIENCE, issuerOptions } from '../support/token-issuer.js';
import { until } from '../support/until.js';

const METADATA = '/inference.GRPCInferenceService/ServerMetadata';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await closeGrpcServers();
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function start(settings: PartialSettings['auth'] = {}): Promise<{ idp: IssuerServer; server: AppServer }> {
  const idp = await startIssuerServer();
  open.push(idp);
  const issuers = [issuerOptions({ issuer: idp.issuer.url, name: 'corp', groupsClaim: 'groups' })];
  const auth = { issuers, ...settings };
  const server = await startAppServer({ 'm/model.yaml': ECHO_MODEL, 'm/1/x': '' }, { auth });
  open.push(server);
  return { idp, server };
}

const principals = ({ log }: AppServer) => log.map(({ principal }) => principal);

describe('issuers alone', () => {
  it('leave nobody in without a token', async () => {
    const { server } = await start();
    const answer = await server.send('GET /v2/models/m');
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="millrace"']);
    expect((await server.send('GET /v2/health/live')).status).toBe(200);
    const grpc = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    expect((await grpc.unary(Buffer.of(), { path: METADATA })).error?.code).toBe(16);
  });

  it('let a server listen to others', async () => {
    const settings = createSettings({
      auth: { issuers: [issuerOptions({ issuer: 'https://login.example.com', name: 'corp', audience: AUDIENCE })] },
      server: { host: '0.0.0.0', httpPort: 0, grpcPort: -1, metricsPort: -1 },
      telemetry: { logLevel: 'silent' },
    });
    const app = await createApp(settings);
    await app.close();
    expect(() => createSettings({ server: { host: '0.0.0.0' } })).toThrow('no key is configured');
  });
});

describe('a token', () => {
  it('tells who calls, whatever carries it, over the fast path, node:http and gRPC', async () => {
    const { idp, server } = await start();
    const token = idp.issuer.token();
    const headers = bearer(token);
    const grpc = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const inferred = await server.infer('m', ECHO, headers);
    const read = await server.send('GET /v2/models/m', '', headers);
    const carried = await server.send('GET /v1/models', '', { 'api-key': token });
    const { error } = await grpc.unary(Buffer.of(), { path: METADATA, metadata: headers });
    expect([inferred.status, read.status, carried.status, error?.code].includes(401)).toBe(false);
    expect(error?.code).not.toBe(16);
    await until('all is logged', () => principals(server).filter((name) => name === 'oidc:corp/alice').length === 4);
  });

  it('gives what bindings say of its caller and of its groups, and hides the rest', async () => {
    const { idp, server } = await start({
      bindings: [
        { group: 'fraud-team', role: 'caller', models: ['m'] },
        { principal: 'oidc:corp/bob', role: 'viewer', models: ['*'] },
      ],
    });
    const statusOf = async (claims: Readonly<Record<string, unknown>>) =>
      (await server.infer('m', ECHO, bearer(idp.issuer.token({ claims })))).status;
    expect(await statusOf({ groups: ['others', 'fraud-team'] })).toBe(200);
    expect(await statusOf({ sub: 'bob' })).toBe(403);
    expect(await statusOf({ groups: ['others'] })).toBe(404);
    // It is no key of that name.
    expect(await statusOf({ sub: 'key:ops' })).toBe(404);
  });

  it('that is wrong is refused with the words of RFC 6750, and only the log knows why', async () => {
    const { idp, server } = await start();
    const token = idp.issuer.token({ claims: { exp: 1 } });
    const answer = await server.send('GET /v2/models/m', '', bearer(token));
    expect([answer.status, answer.headers['www-authenticate'], JSON.parse(answer.body.toString())]).toEqual([
      401,
      'Bearer realm="millrace", error="invalid_token"',
      { error: 'this token is not accepted' },
    ]);
    const grpc = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
    const { error } = await grpc.unary(Buffer.of(), { path: METADATA, metadata: bearer(token) });
    expect([error?.code, error?.details]).toEqual([16, 'this token is not accepted']);
    await until('it is logged', () => server.log.filter(({ cause }) => cause !== undefined).length === 2);
    const lines = server.log.map((line) => JSON.stringify(line)).join('\n');
    expect(lines).toContain('claim timestamp check failed');
    expect(lines).not.toContain(token.slice(-20));
    expect(lines).not.toContain(token.slice(0, 20));
  });

  it('counts as an attempt, of which an address has only so many', async () => {
    const { idp, server } = await start({ maxFailedKeysPerMinute: 2 });
    const statuses = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const token = idp.issuer.token({ claims: { aud: 'other' } });
      statuses.push((await server.send('GET /v2/models/m', '', bearer(token))).status);
    }
    expect(statuses).toEqual([401, 401, 429]);
  });

  it('of an issuer that cannot be reached is neither right nor wrong', async () => {
    const { idp, server } = await start();
    await server.send('GET /v2/models/m', '', bearer(idp.issuer.token()));
    await idp.goDown();
    const down = await startAppServer(
      {},
      { auth: { issuers: [issuerOptions({ issuer: idp.issuer.url, name: 'corp', audience: AUDIENCE })] } },
    );
    open.push(down);
    const answer = await down.send('GET /v2/models/m', '', bearer(idp.issuer.token()));
    expect([answer.status, answer.headers['retry-after'], JSON.parse(answer.body.toString())]).toEqual([
      503,
      '1',
      { error: "the issuer 'corp' of this token cannot be reached; try again later" },
    ]);
    const grpc = new GrpcClient(`127.0.0.1:${down.grpcPort}`);
    expect((await grpc.unary(Buffer.of(), { path: METADATA, metadata: bearer(idp.issuer.token()) })).error?.code).toBe(
      14,
    );
    // The one that has known its keys goes on.
    expect((await server.send('GET /v2/models/m', '', bearer(idp.issuer.token()))).status).not.toBe(503);
  });
});

it('settings of issuers that cannot be right are refused with their place', () => {
  const check = (issuer: object) => createSettings({ auth: { issuers: [{ ...issuerOptions(), ...issuer }] } });
  expect(() => check({ issuer: 'http://login.example.com' })).toThrow(
    "auth.issuers[0].issuer: 'http://login.example.com' is not encrypted: expected https (http on loopback only)",
  );
  expect(() => check({ algorithms: ['HS256'] })).toThrow('auth.issuers[0].algorithms[0]: expected');
});
