import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { until } from '../support/until.js';

const GATE = path.join(tmpdir(), `millrace-fairness-${process.pid}`);
/** Answers nobody before the gate is open. */
const GATED = `
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineModel } from 'millrace/model';

export default defineModel({
  inputs: { x: { datatype: 'FP32', shape: [1] } },
  outputs: { y: { datatype: 'FP32', shape: [1] } },
  async infer({ inputs }) {
    while (!existsSync(${JSON.stringify(GATE)})) await sleep(2);
    return { y: { data: inputs.x.data, shape: [1] } };
  },
});
`;
const NAMES = ['flooder', 'other'] as const;
type Name = (typeof NAMES)[number];
const keyOf = (name: Name) => `${name}-${'k'.repeat(32)}`;
const REQUEST = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] };
const MOST = 30;
const FEW = 4;
/** One is with the model, and one has been sent ahead, which fills the queue still. */
const RUNNING = 1;
const AHEAD = 1;

afterEach(() => rmSync(GATE, { force: true }));

describe.each(['principal', 'off'] as const)('two keys and one model, with fairness %s', (fairness) => {
  let server: AppServer;
  let answered: string[] = [];
  let refused = 0;
  beforeAll(async () => {
    server = await startAppServer(
      { 'gated/1/model.ts': GATED, 'gated/model.yaml': `queue: { maxRequests: ${MOST} }` },
      {
        auth: { keys: NAMES.map((name) => ({ name, key: keyOf(name), scopes: ['infer' as const] })) },
        engine: { fairness },
      },
    );
    server.app.events.subscribe('inferFinished', ({ call, error }) => {
      if (error === undefined) answered.push(call.principal.name);
      else refused++;
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Sends so many requests at a time, and waits until so many are in the queue; `statuses` come once the gate is open. */
  async function send(name: Name, count: number, waiting: number) {
    const headers = { authorization: `Bearer ${keyOf(name)}` };
    const answers = Array.from({ length: count }, () => server.infer('gated', REQUEST, headers));
    await until(`${waiting} wait`, () => queued() === waiting);
    return { statuses: Promise.all(answers).then((all) => all.map(({ status }) => status)) };
  }

  const queued = () => server.app.engine.gauges().find(({ ref }) => ref.name === 'gated')?.queuedRequests;
  const open = () => writeFileSync(GATE, '');

  it('who asks for little waits for one request of the flood to each of its own, or for all of them', async () => {
    answered = [];
    const flood = await send('flooder', 12, 12 - RUNNING - AHEAD);
    const few = await send('other', FEW, 12 - RUNNING - AHEAD + FEW);
    open();
    expect(await few.statuses).toEqual(Array(FEW).fill(200));
    await flood.statuses;
    const before = answered.lastIndexOf('other') + 1 - FEW;
    if (fairness === 'off') expect(before).toBe(12);
    else expect(before).toBeLessThanOrEqual(RUNNING + AHEAD + FEW);
    expect(answered).toHaveLength(12 + FEW);
  });

  it('a queue that is full of the flood has room for who asks for little, or for nobody', async () => {
    const count = MOST + RUNNING;
    const flood = await send('flooder', count, MOST - AHEAD);
    refused = 0;
    const few = await send('other', FEW, MOST - AHEAD);
    await until('there was no room', () => refused === FEW);
    open();
    const [ofFlood, ofFew] = await Promise.all([flood.statuses, few.statuses]);
    const turnedAway = (statuses: readonly number[]) => statuses.filter((status) => status === 503).length;
    expect([turnedAway(ofFlood), turnedAway(ofFew)]).toEqual(fairness === 'principal' ? [FEW, 0] : [0, FEW]);
    expect([...ofFlood, ...ofFew].filter((status) => status === 200)).toHaveLength(count);
  });
});
