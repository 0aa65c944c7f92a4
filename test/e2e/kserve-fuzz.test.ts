import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Seed } from '../fuzz/mutate-seeds.js';
import { seededModels, sendDamaged } from '../fuzz/send-damaged.js';
import { type AppServer, startAppServer } from '../support/app-server.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const EVENT = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': 'b', 'ce-type': 'c', ...JSON_TYPE };
const SEEDS: readonly Seed[] = [
  {
    path: 'floats',
    headers: JSON_TYPE,
    body: {
      instances: [
        [1, 2.5],
        [-3e10, 0],
      ],
    },
  },
  { path: 'floats', body: { inputs: [[1, 2]] } },
  {
    path: 'pair',
    headers: JSON_TYPE,
    body: {
      instances: [
        { a: [1, 2], b: 7 },
        { a: [3, 4], b: 8 },
      ],
    },
  },
  { path: 'pair', headers: JSON_TYPE, body: { inputs: { a: [[1, 2]], b: [7] }, more: [{ x: null }] } },
  { path: 'texts', headers: JSON_TYPE, body: { instances: ['a', { b64: 'aGVsbG8=' }, 'ü\ud83d\ude00'] } },
  { path: 'floats', headers: EVENT, body: { instances: [[1, 2]] } },
  {
    path: 'floats',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: { specversion: '1.0', id: 'a', source: 'b', type: 'c', data: { instances: [[1, 2]] } },
  },
  { path: 'texts', headers: { 'content-type': 'image/jpeg' }, body: Buffer.from('ffd8ffe000104a464946', 'hex') },
];

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(seededModels({ shapeOfB: '[-1]' }), {
    kserve: { enabled: true },
    telemetry: { logLevel: 'error' },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

it('damaged requests are answered or refused, as documented, and harm nobody', async () => {
  await sendDamaged(server.port, {
    seeds: SEEDS,
    routeOf: (path) => `POST /v1/models/${path}:predict`,
    refusal: { error: expect.stringMatching(/./) },
  });
  const good = await server.send('POST /v1/models/floats:predict', '{"instances":[[1,2]]}');
  expect(good.body.toString()).toBe('{"predictions":[[1.0,2.0]]}');
  expect(server.log.filter(({ level }) => level === 'error')).toEqual([]);
});
