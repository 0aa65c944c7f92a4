import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS, storedIdentityOf } from '../../src/governance/index.js';
import { ALL_ON } from '../support/access-tables.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { readTrail } from '../support/audit-trail.js';
import { CHAT, comparable, ECHO, floats, json, MAX_INPUT_BYTES, MODELS, ROWS } from '../support/dialect-requests.js';
import { type Asked, askByFetch, askOverSocket, askStored, requestOf } from '../support/two-ways.js';
import { until } from '../support/until.js';

describe('fetch', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(MODELS, {
      ...ALL_ON,
      auth: { allowAnonymous: true },
      server: { maxInputBytes: MAX_INPUT_BYTES },
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it.each(ROWS)('answers as a socket does: %s', async (_what, asked) => {
    const expected = comparable(await askOverSocket(server.port, asked));
    expect(comparable(await askByFetch(server.app.fetch, asked))).toEqual(expected);
  });

  it.each(ROWS)('answers stored bytes as a socket does: %s', async (_what, asked) => {
    const expected = comparable(await askOverSocket(server.port, asked));
    // What is stored is text.
    const identity = JSON.parse(JSON.stringify(storedIdentityOf(ANONYMOUS)));
    expect(comparable(await askStored(server.app, asked, identity))).toEqual(expected);
  });

  it('streams tokens as they come, and ends the generation with its reader', async () => {
    const long = json('POST /v1/chat/completions', { ...CHAT, max_tokens: 200, stream: true });
    const response = await server.app.fetch(requestOf({ ...long, headers: { 'x-request-id': 'left-early' } }));
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(Buffer.from(value ?? '').toString()).toMatch(/^data: \{"id":"chatcmpl-/);
    await reader?.cancel();
    await until('its end is in the log', () =>
      server.log.some((line) => line.request_id === 'left-early' && line.status === 499),
    );
    expect(await askByFetch(server.app.fetch, json('POST /v1/chat/completions', CHAT))).toMatchObject({ status: 200 });
  });
});

describe('the caller of fetch', () => {
  const LOAD: Asked = { line: 'POST /v2/repository/models/floats/load' };

  it('loads no models where callers on this machine may', async () => {
    await using server = await startAppServer(MODELS, { repository: { controlMode: 'explicit' } });
    const { fetch } = server.app;
    const errorOf = async (options?: Parameters<typeof fetch>[1]) => {
      const { status, body } = await askByFetch(fetch, LOAD, options);
      return [status, JSON.parse(body || '{}').error];
    };
    const unnamed =
      'this server has no keys, so the program that hands requests to it has to say whose they are: pass `principal` to `fetch`, add a key under `auth.keys`, or allow everybody with `auth.allowAnonymous`';
    expect(await errorOf()).toEqual([401, unnamed]);
    expect(await errorOf({ address: '127.0.0.1' })).toEqual([401, unnamed]);
    expect((await errorOf({ principal: 'alice' }))[0]).toBe(403);
    expect((await askOverSocket(server.port, LOAD)).status).toBe(200);
    expect(await errorOf({ principal: 'alice', roles: ['publisher'] })).toEqual([200, undefined]);
  });

  it('loads no models where everybody is allowed', async () => {
    await using server = await startAppServer(MODELS, {
      repository: { controlMode: 'explicit' },
      auth: { allowAnonymous: true },
    });
    expect((await askByFetch(server.app.fetch, LOAD)).status).toBe(403);
    expect((await askOverSocket(server.port, LOAD)).status).toBe(200);
  });

  it('is in the log and the audit trail, and has quotas and bindings of its own', async () => {
    await using server = await startAppServer(
      { 'floats/1/': '', 'floats/model.yaml': ECHO },
      {
        repository: { controlMode: 'explicit', loadModels: ['*'] },
        auth: {
          keys: [{ name: 'ci', key: 'ci-key-0123456789', scopes: ['infer'] }],
          bindings: [{ principal: 'app:ops', role: 'publisher' }],
        },
        quotas: [{ name: 'each', principal: 'app:*', requestsPerSecond: 0.001, burst: 1 }],
      },
    );
    const { fetch } = server.app;
    const infer = json('POST /v2/models/floats/infer', floats(1));
    const ask = async (asked: Asked, options?: Parameters<typeof fetch>[1]) =>
      (await askByFetch(fetch, asked, options)).status;
    expect(await ask(infer)).toBe(401);
    expect(await ask({ ...infer, headers: { authorization: 'Bearer ci-key-0123456789' } })).toBe(200);
    expect(await ask(infer, { principal: 'alice' })).toBe(200);
    expect(await ask(infer, { principal: 'alice' })).toBe(429);
    expect(await ask(infer, { principal: 'bob' })).toBe(200);
    expect(await ask(LOAD, { principal: 'alice' })).toBe(403);
    expect(await ask(LOAD, { principal: 'ops', address: '192.0.2.7' })).toBe(200);
    const loads = () => readTrail(server).filter(({ action }) => action === 'model.load');
    await until('the load is recorded', () => loads().some(({ type }) => type === 'outcome'));
    expect(loads().find(({ type }) => type === 'intent')).toMatchObject({
      principal: 'app:ops',
      remote_address: '192.0.2.7',
    });
    expect(server.log.find(({ remote_address }) => remote_address === '192.0.2.7')).toMatchObject({
      principal: 'app:ops',
      status: 200,
    });
  });
});
