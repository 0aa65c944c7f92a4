import { describe, expect, it } from 'vitest';
import { DIALECTS, type PartialSettings } from '../../src/config/index.js';
import { VERSION } from '../../src/version.js';
import { ALL_ON } from '../support/access-tables.js';
import { type AppServer, jsonOf, startAppServer } from '../support/app-server.js';
import { bearer } from '../support/key-server.js';

const PATHS = ['/health', '/v1/health', '/ping', '/version'] as const;

type Answers = Readonly<Partial<Record<(typeof PATHS)[number], readonly [status: number, body: object]>>>;

const VERSIONED: Answers = { '/version': [200, { version: VERSION }] };
const READY: Answers = {
  '/health': [200, { status: 'ok' }],
  '/v1/health': [200, { status: 'ok' }],
  '/ping': [200, { status: 'ok' }],
  ...VERSIONED,
};
const NOT_READY: Answers = {
  '/health': [503, { status: 'unavailable' }],
  '/v1/health': [503, { status: 'unavailable' }],
  '/ping': [503, { status: 'unavailable' }],
  ...VERSIONED,
};

const health = (isReady: boolean) => (isReady ? 'Healthy' : 'Unhealthy');
const status = (isReady: boolean) => (isReady ? 200 : 503);
const PING = (isReady: boolean): Answers => ({ '/ping': [status(isReady), { status: health(isReady) }] });
const HEALTH = (isReady: boolean): Answers => ({ '/health': [status(isReady), { ready: isReady }] });

/** Routes that dialects have themselves. */
const OWN: Readonly<Record<string, (isReady: boolean) => Answers>> = {
  sagemaker: PING,
  torchserve: PING,
  vertex: HEALTH,
  all: (isReady) => ({ ...PING(isReady), ...HEALTH(isReady) }),
};

const NAMES = DIALECTS.map(({ name }) => name);
const SWITCHED: readonly (readonly [name: string, settings: PartialSettings])[] = [
  ['all', ALL_ON],
  ...NAMES.map((on): readonly [string, PartialSettings] => [
    on,
    Object.fromEntries(NAMES.map((name) => [name, { enabled: name === on }])),
  ]),
];

async function askAll(server: AppServer): Promise<Answers> {
  const answers = PATHS.map(async (path) => {
    const { status: code, body } = jsonOf(await server.send(`GET ${path}`, '', { accept: 'application/json' }));
    return [path, [code, body]] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}

describe('a server answers for its health and version where no dialect does', () => {
  it.each(SWITCHED)('with dialects: %s', async (name, settings) => {
    const own = OWN[name] ?? (() => ({}));
    await using server = await startAppServer({}, settings, { start: false });
    expect(await askAll(server)).toEqual({ ...NOT_READY, ...own(false) });
    await server.app.start();
    expect(await askAll(server)).toEqual({ ...READY, ...own(true) });
  });

  it("on a dialect's own port, where the dialect's own routes win", async () => {
    await using server = await startAppServer({}, { tei: { httpPort: 0, model: 'none' }, rerank: { httpPort: 0 } });
    const { tei, rerank } = server.addresses.dialects;
    const get = async (url = '', path: string) => {
      const answer = await fetch(`${url}${path}`);
      return [answer.status, await answer.json()];
    };
    expect(await get(rerank?.http?.url, '/health')).toEqual([200, { status: 'ok' }]);
    expect(await get(tei?.http?.url, '/v1/health')).toEqual([200, { status: 'ok' }]);
    expect(await get(tei?.http?.url, '/health')).toEqual([503, { error: 'unhealthy', error_type: 'Unhealthy' }]);
  });

  it('on the admin port, too, and on the shared one', async () => {
    await using server = await startAppServer({}, { server: { adminPort: 0 } });
    const { admin, http } = server.addresses;
    for (const { url } of [admin, http].flatMap((address) => address ?? [])) {
      expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    }
    expect(admin).toBeDefined();
  });

  it('with a body for clients that accept anything, and without one for HEAD', async () => {
    await using server = await startAppServer({});
    const { headers, body } = await server.send('GET /health');
    expect([headers['content-type'], body.toString()]).toEqual(['application/json', '{"status":"ok"}']);
    const head = await fetch(`${server.addresses.http.url}/health`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('and refuses other methods in the form of its first dialect', async () => {
    await using server = await startAppServer({});
    expect(jsonOf(await server.send('POST /v1/health', '{}'))).toMatchObject({
      status: 405,
      body: { error: '/v1/health does not take POST: expected GET, HEAD' },
    });
  });
});

it('the version needs the right server.read, health none', async () => {
  const KEY = 'caller-key-0123456789';
  await using server = await startAppServer({}, { auth: { keys: [{ name: 'caller', key: KEY, scopes: ['infer'] }] } });
  expect((await server.send('GET /health')).status).toBe(200);
  expect((await server.send('GET /version')).status).toBe(401);
  expect((await server.send('GET /version', '', bearer(KEY))).status).toBe(200);
});
