import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf } from '../support/app-server.js';
import { settledReport } from '../support/shadow-reports.js';
import { TRAFFIC_CALLS, type TrafficCall } from '../support/traffic-calls.js';
import { TRAFFIC_MODELS as MODELS, TrafficServer } from '../support/traffic-server.js';

/** Enough for each of two arms of the same weight to be missed by chance once in 10^9 times. */
const ROUNDS = 32;

let traffic: TrafficServer;
/** How many requests of each model have been copied. */
const copied = { net: 0, kjv: 0, sums: 0, vectors: 0, scores: 0 };
beforeAll(async () => {
  const arms = (model: string) => ['stable', 'canary'].map((label) => ({ model, label, weight: 1 }));
  const routes = MODELS.flatMap((model) => [
    [`${model}-live`, { arms: arms(model), outcomes: { kind: 'binary' } }],
    [
      `${model}-copied`,
      { arms: [{ model, label: 'stable' }], shadow: { model, label: 'canary', allowSideEffects: model === 'sums' } },
    ],
  ]);
  traffic = await TrafficServer.start({ routes: Object.fromEntries(routes) });
  for (const model of MODELS) await change(`PATCH /millrace/v1/models/${model}/labels`, { stable: 1, canary: 2 });
});
afterAll(() => traffic[Symbol.asyncDispose]());

async function change(line: string, body: object): Promise<void> {
  const { status, body: answer } = jsonOf(await traffic.server.send(line, JSON.stringify(body)));
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(answer)}`);
}

/** Requests by that name are split between both versions, and say so. */
async function expectSplit(call: TrafficCall, name: string): Promise<void> {
  const models = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const { model, route, arm } = await traffic.ask(call, name);
    const expected = [name, model === `${call.kind}/2` ? 'canary' : 'stable'];
    expect([route, arm]).toEqual(call.says === 'arm' ? expected : [undefined, undefined]);
    models.add(model);
  }
  expect([...models].sort()).toEqual([`${call.kind}/1`, `${call.kind}/2`]);
}

describe.each(TRAFFIC_CALLS.map((call) => [call.what, call] as const))('%s', (_, call) => {
  it('takes a label for a version, and a bare name for the stable one', async () => {
    expect((await traffic.ask(call, `${call.kind}@canary`)).model).toBe(`${call.kind}/2`);
    expect((await traffic.ask(call, `${call.kind}@stable`)).model).toBe(`${call.kind}/1`);
    expect((await traffic.ask(call, call.kind)).model).toBe(`${call.kind}/1`);
    const { unknown = `model '${call.kind}' has no label 'next'` } = call;
    await expect(traffic.ask(call, `${call.kind}@next`)).rejects.toThrow(unknown);
  });

  it('takes a route for a model', async () => {
    await expectSplit(call, `${call.kind}-live`);
  });

  it('is told later what became of its answer', async () => {
    const id = traffic.nextId();
    const answered = await traffic.ask(call, `${call.kind}-live`, id);
    const told = jsonOf(
      await traffic.server.send('POST /millrace/v1/feedback', JSON.stringify({ request_id: id, value: true })),
    );
    const [model, version] = answered.model.split('/');
    const arm = version === '2' ? 'canary' : 'stable';
    expect(told).toMatchObject({
      status: 200,
      body: { route: `${call.kind}-live`, arm, model, version: Number(version), value: 1 },
    });
  });

  it('has a copy run by a shadow, and both answers compared', async () => {
    expect((await traffic.ask(call, `${call.kind}-copied`)).model).toBe(`${call.kind}/1`);
    copied[call.kind] += call.steps;
    const { dropped, pairs } = await settledReport(traffic.server, `${call.kind}-copied`, copied[call.kind]);
    expect(dropped).toEqual({});
    expect(pairs).toMatchObject([{ primary: `${call.kind}/1`, shadow: `${call.kind}/2`, compared: copied[call.kind] }]);
  });
});

describe('a rollout', () => {
  const rollout = (model: string) => `POST /millrace/v1/models/${model}/rollout`;
  // Decided by nobody but the test.
  const plan = { to: 2, steps: [50, 100], hold_ms: 3_600_000, judge: { latency: false, answers: false } };

  it('splits what the bare name gets, and gives it the new version in the end', async () => {
    for (const model of MODELS) await change(rollout(model), plan);
    for (const call of TRAFFIC_CALLS) {
      await expectSplit(call, call.kind);
      expect((await traffic.ask(call, `${call.kind}@stable`)).model).toBe(`${call.kind}/1`);
    }
    for (const model of MODELS) await change(`${rollout(model)}/promote`, {});
    for (const call of TRAFFIC_CALLS) {
      const { model, route } = await traffic.ask(call, call.kind);
      expect([call.what, model, route]).toEqual([call.what, `${call.kind}/2`, undefined]);
    }
  });
});
