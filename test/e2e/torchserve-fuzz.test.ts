import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Seed } from '../fuzz/mutate-seeds.js';
import { mutateProtobuf } from '../fuzz/protobuf.js';
import { DAMAGED_REQUESTS, seededModels, sendDamaged } from '../fuzz/send-damaged.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { requestBytes } from '../support/grpc-messages.js';
import { closeGrpcServers, GrpcClient } from '../support/grpc-server.js';
import { Random } from '../support/random.js';

const INFERENCE = '/org.pytorch.serve.grpc.inference.InferenceAPIsService/';
const MANAGEMENT = '/org.pytorch.serve.grpc.management.ManagementAPIsService/';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = Buffer.from(
  [
    '--xyz\r\nContent-Disposition: form-data; name="a"; filename="a"\r\nContent-Type: application/json\r\n\r\n[1,2]\r\n',
    '--xyz\r\nContent-Disposition: form-data; name="b"\r\n\r\n[7]\r\n--xyz--\r\n',
  ].join(''),
);
const SEEDS: readonly Seed[] = [
  {
    path: 'floats',
    headers: JSON_TYPE,
    body: [
      [1, 2.5],
      [-3e10, 0],
    ],
  },
  { path: 'floats', headers: JSON_TYPE, body: { data: [1, 2] } },
  { path: 'floats', headers: JSON_TYPE, body: { instances: [[1, 2]] } },
  { path: 'floats', body: new Uint8Array(Float32Array.of(1, 2).buffer) },
  { path: 'pair', headers: JSON_TYPE, body: { a: [[1, 2]], b: [[7]] } },
  { path: 'pair', headers: { 'content-type': 'multipart/form-data; boundary=xyz' }, body: FORM },
  {
    path: 'floats',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from('data=%5B1%2C2%5D&x=[3,4]'),
  },
  { path: 'texts', headers: { 'content-type': 'text/plain' }, body: Buffer.from('hello') },
  { path: 'texts', headers: JSON_TYPE, body: ['a', { b64: 'aGVsbG8=' }] },
];

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(seededModels({ shapeOfB: '[-1, 1]' }), {
    torchserve: { enabled: true },
    repository: { controlMode: 'explicit', loadModels: ['*'] },
    telemetry: { logLevel: 'error' },
  });
});
afterAll(async () => {
  await closeGrpcServers();
  await server[Symbol.asyncDispose]();
});

async function isWell(): Promise<void> {
  const good = await server.send('POST /predictions/floats', '[1,2]');
  expect(good.body.toString()).toBe('[1.0,2.0]');
  expect(server.log.filter(({ level }) => level === 'error')).toEqual([]);
}

it('damaged requests over HTTP are answered or refused, as documented, and harm nobody', async () => {
  await sendDamaged(server.port, {
    seeds: SEEDS,
    routeOf: (path, random) => `${random.pick(['POST', 'PUT'])} /predictions/${path}`,
    refusal: { code: 400, type: 'BadRequestException', message: expect.stringMatching(/./) },
  });
  await isWell();
});

const REQUESTS_OF: readonly (readonly [path: string, request: object])[] = [
  [`${INFERENCE}Predictions`, { model_name: 'floats', model_version: '1', input: { x: 'WzEsMl0=' }, sequence_id: 's' }],
  [`${INFERENCE}Predictions`, { model_name: 'pair', input: { a: 'WzEsMl0=', b: 'WzFd' } }],
  [`${MANAGEMENT}DescribeModel`, { model_name: 'floats', model_version: 'all' }],
  [`${MANAGEMENT}ListModels`, { limit: 2, next_page_token: 1 }],
  [`${MANAGEMENT}ScaleWorker`, { model_name: 'floats', min_worker: 1, max_worker: 2 }],
  [`${MANAGEMENT}SetDefault`, { model_name: 'floats', model_version: '1' }],
  [`${MANAGEMENT}RegisterModel`, { url: 'floats', model_name: 'floats', initial_workers: 1 }],
];
const EXPECTED: ReadonlySet<number> = new Set([
  ...[status.OK, status.INVALID_ARGUMENT, status.NOT_FOUND, status.ALREADY_EXISTS, status.UNIMPLEMENTED],
]);

it('damaged messages over gRPC are answered or refused, as documented, and harm nobody', async () => {
  const random = new Random(2);
  const client = new GrpcClient(`127.0.0.1:${server.grpcPort}`);
  let answered = 0;
  for (let index = 0; index < DAMAGED_REQUESTS; index++) {
    const [path, request] = random.pick(REQUESTS_OF);
    const message = mutateProtobuf(requestBytes(path, request), random);
    const { code, details } = (await client.unary(message, { path })).status;
    expect([path, code, details]).toEqual([path, expect.toSatisfy((got: number) => EXPECTED.has(got)), details]);
    if (code === status.OK) answered++;
  }
  expect(answered).toBeGreaterThan(DAMAGED_REQUESTS / 20);
  await isWell();
});
