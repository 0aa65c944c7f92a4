import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { until } from '../support/until.js';

const MODEL = `
runtime: echo
echo: { delayMs: 10 }
batching: { enabled: false }
queue: { maxRequests: 200 }
inputs: [{ name: x, datatype: FP32, shape: [-1, 1] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, 1] }]
`;
const REQUEST = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }] };
const NAMES = ['gold', 'other'] as const;
type Name = (typeof NAMES)[number];
const keyOf = (name: Name) => `${name}-key-0123456789`;
const WEIGHT = 3;
const FLOOD = 60;
const GOLD = 30;

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(
    { 'slow/1/': '', 'slow/model.yaml': MODEL },
    {
      auth: { keys: NAMES.map((name) => ({ name, key: keyOf(name), scopes: ['infer' as const] })) },
      quotas: [{ name: 'gold', principal: 'key:gold', weight: WEIGHT }],
    },
  );
});
afterAll(() => server[Symbol.asyncDispose]());

it('a caller of weight 3 gets three turns of a queue to each of another', async () => {
  const order: Name[] = [];
  const send = (name: Name, count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const { status } = await server.infer('slow', REQUEST, { authorization: `Bearer ${keyOf(name)}` });
        expect(status).toBe(200);
        order.push(name);
      }),
    );
  const waiting = () => server.app.engine.gauges()[0]?.queuedRequests ?? 0;
  const flood = send('other', FLOOD);
  await until('the other one has filled the queue', () => waiting() + order.length > FLOOD - 5);
  const before = order.length;
  await send('gold', GOLD);
  const meanwhile = order.slice(before).filter((name) => name === 'other').length;
  // As many as that, and some while the requests came; with the same weight it would be as many as its own.
  expect(meanwhile).toBeLessThanOrEqual(GOLD / WEIGHT + 10);
  await flood;
  expect(order).toHaveLength(FLOOD + GOLD);
});
