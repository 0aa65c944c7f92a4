import { afterAll, beforeAll, expect, it } from 'vitest';
import { bearer, type KeyServer, startKeyServer } from '../support/key-server.js';
import { openHttp } from '../support/open-stream.js';
import { ENDED } from '../support/stream-rows.js';
import { until } from '../support/until.js';

// Streams of every route and method: keys-streams.test.ts.

const PROMPT = { model: 'kjv', prompt: 'In the beginning', max_tokens: 4_000, ignore_eos: true };

let server: KeyServer;
beforeAll(async () => {
  server = await startKeyServer();
});
afterAll(() => server[Symbol.asyncDispose]());

function complete(key: string, body: object) {
  return fetch(`${server.server.addresses.http.url}/v1/completions`, {
    method: 'POST',
    headers: { ...bearer(key), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

it('a key that is revoked ends requests that wait for their answer', async () => {
  const asked = complete(await server.create('waits --grant caller'), PROMPT);
  // One that streams begins behind it.
  const body = { ...PROMPT, stream: true };
  const behind = await openHttp(server.server.port, 'POST /v1/completions', { body, key: server.admin });
  await until('the one behind it has begun', () => behind.pieces > 0);
  await server.keys('revoke waits');
  const answer = await asked;
  expect([answer.status, ((await answer.json()) as { error: { message: string } }).error.message]).toEqual([
    401,
    ENDED,
  ]);
  expect(behind.end).toBeUndefined();
  behind.leave();
});

it('a key that expires lets finish what runs, and admits nothing new', async () => {
  const key = await server.create('expires --grant caller --expires-in 2s');
  const running = await complete(key, { ...PROMPT, max_tokens: 1_000, stream: true });
  expect(running.status).toBe(200);
  await until('it has expired', async () => (await server.infer(bearer(key))).status === 401);
  expect(await running.text()).toMatch(/data: \[DONE\]\n\n$/);
});
