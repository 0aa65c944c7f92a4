import { afterAll, beforeAll, expect, it } from 'vitest';
import { bodyOf, headersOf, type Seed } from '../fuzz/mutate-seeds.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { Random } from '../support/random.js';

const REQUESTS = 1_500;
const tensor = (name: string, datatype: string, shape: string) =>
  `{ name: ${name}, datatype: ${datatype}, shape: ${shape} }`;
const model = (inputs: string) =>
  `runtime: echo\nmaxBatchSize: 8\ninstances: { placement: inline }\ninputs: [${inputs}]\noutputs: [${inputs}]\n`;

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
  server = await startAppServer(
    {
      'floats/1/': '',
      'floats/model.yaml': model(tensor('x', 'FP32', '[-1, 2]')),
      'pair/1/': '',
      'pair/model.yaml': model(`${tensor('a', 'FP32', '[-1, 2]')}, ${tensor('b', 'INT64', '[-1]')}`),
      'texts/1/': '',
      'texts/model.yaml': model(tensor('t', 'BYTES', '[-1]')),
    },
    { kserve: { enabled: true }, telemetry: { logLevel: 'error' } },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

it('damaged requests are answered or refused, as documented, and harm nobody', async () => {
  const random = new Random(1);
  const statuses = new Map<number, number>();
  for (let index = 0; index < REQUESTS; index++) {
    const seed = random.pick(SEEDS);
    const body = bodyOf(seed, random);
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/models/${seed.path}:predict`, {
      method: 'POST',
      headers: headersOf(seed, random),
      body,
    });
    const text = await response.text();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    const refused = { error: expect.stringMatching(/./) };
    if (response.status !== 200) {
      expect([Buffer.from(body).toString(), response.status, JSON.parse(text)]).toEqual([
        expect.any(String),
        400,
        refused,
      ]);
    }
  }
  expect(statuses.get(200)).toBeGreaterThan(REQUESTS / 20);
  expect(statuses.get(400)).toBeGreaterThan(REQUESTS / 4);
  const good = await server.send('POST /v1/models/floats:predict', '{"instances":[[1,2]]}');
  expect(good.body.toString()).toBe('{"predictions":[[1.0,2.0]]}');
  expect(server.log.filter(({ level }) => level === 'error')).toEqual([]);
});
