import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { EventBus } from '../../src/core/index.js';
import { AccessPolicy, createAuthenticator, openIssuers } from '../../src/governance/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { createHeldService, inferText } from '../support/held-service.js';
import { closeTestServers, startTestServer } from '../support/http-server.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { issuerOptions, TokenIssuer } from '../support/token-issuer.js';
import { until } from '../support/until.js';

afterEach(closeTestServers);

const TLS = path.resolve(import.meta.dirname, '../fixtures/tls');
const CLIENTS = path.join(TLS, 'clients');
const KEY = 'key-of-ops-0123456789';
const READ = 'GET /v2/models/m';

/** A server that knows callers by a key, by tokens and by certificates. */
async function start() {
  const clock = new FakeClock();
  const issuer = new TokenIssuer({ nowMs: () => clock.wallNow() }).addKey('one');
  const policy = new AccessPolicy();
  const issuers = await openIssuers([issuerOptions({ name: 'corp', clockSkewMs: 0 })], {
    policy,
    clock,
    events: new EventBus(),
    fetchJson: async ({ url }) => (url.endsWith('/jwks') ? issuer.jwks : issuer.document),
  });
  if (issuers === undefined) throw new Error('there is an issuer');
  const keys = [{ name: 'ops', key: KEY, scopes: ['infer', 'observe'] as const }];
  const { authenticate } = createAuthenticator(
    { keys, allowAnonymous: false, anonymousScopes: [], maxFailedKeysPerMinute: 0 },
    { explicitControl: false, clock, policy, sources: [issuers.source], asksForCertificates: true },
  );
  const held = createHeldService();
  const server = await startTestServer({
    clock,
    service: held.service,
    options: {
      tls: {
        certFile: path.join(TLS, 'first.crt'),
        keyFile: path.join(TLS, 'first.key'),
        clientCertificates: 'optional',
        clientCaFile: path.join(CLIENTS, 'one.crt'),
      },
    },
    dependencies: { authenticate, requiresKey: true },
  });
  const connect = (name?: string) => {
    const file = (ending: string) => readFileSync(path.join(CLIENTS, `${name}.${ending}`));
    return RawClient.connect(server.port, { tls: name === undefined || { cert: file('crt'), key: file('key') } });
  };
  /** The status of the answer to a request of the client, and in whose name it was. */
  const ask = async (client: RawClient, headers: Readonly<Record<string, string>> = {}) => {
    const before = server.finished.length;
    client.send(requestText(READ, headers));
    const { status } = await client.response();
    await until('it has settled', () => server.finished.length > before);
    return [status, server.finished[before]?.call.principal.name];
  };
  return { ...server, ...held, clock, issuer, connect, ask };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const NOBODY = [401, 'anonymous'];

describe('a certificate and a token together', () => {
  it('the token decides, whether it is right or not', async () => {
    const { connect, ask, issuer } = await start();
    const client = await connect('dns');
    expect(await ask(client)).toEqual([200, 'cert:b.example.com']);
    expect(await ask(client, bearer(issuer.token()))).toEqual([200, 'oidc:corp/alice']);
    expect(await ask(client, bearer(KEY))).toEqual([200, 'ops']);
    expect(await ask(client, bearer('a-guess-0123456789'))).toEqual(NOBODY);
    expect(await ask(client, bearer(issuer.token({ claims: { aud: 'other' } })))).toEqual(NOBODY);
    expect(await ask(client, { authorization: 'Basic YTpi' })).toEqual(NOBODY);
    expect(await ask(await connect())).toEqual(NOBODY);
    expect(await ask(await connect('nameless'))).toEqual(NOBODY);
  });
});

describe('what expires during a long connection', () => {
  it('a certificate: what runs goes on, and nothing new is admitted', async () => {
    const { connect, ask, clock, arrived, release } = await start();
    const [running, other] = [await connect('dns'), await connect('dns')];
    expect(await ask(other)).toEqual([200, 'cert:b.example.com']);
    running.send(inferText('a'));
    await arrived(1);
    clock.wallOffsetMs = Date.UTC(2127, 0) - clock.wallNow();
    expect(await ask(other)).toEqual(NOBODY);
    release('a');
    expect((await running.response()).status).toBe(200);
  });

  it('a token: what runs goes on, and nothing new is admitted', async () => {
    const { connect, ask, clock, issuer, arrived, release } = await start();
    const headers = bearer(issuer.token({ claims: { exp: Math.floor(clock.wallNow() / 1_000) + 10 } }));
    const [running, other] = [await connect(), await connect()];
    expect(await ask(other, headers)).toEqual([200, 'oidc:corp/alice']);
    running.send(inferText('a').replace('\r\n', `\r\nauthorization: ${headers.authorization}\r\n`));
    await arrived(1);
    clock.wallOffsetMs = 20_000;
    expect(await ask(other, headers)).toEqual(NOBODY);
    release('a');
    expect((await running.response()).status).toBe(200);
  });
});
