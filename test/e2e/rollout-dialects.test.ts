import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonOf } from '../support/app-server.js';
import { TRAFFIC_CALLS } from '../support/traffic-calls.js';
import { TRAFFIC_MODELS as MODELS, TrafficServer } from '../support/traffic-server.js';
import { until } from '../support/until.js';

let traffic: TrafficServer;
beforeAll(async () => {
  traffic = await TrafficServer.start();
});
afterAll(() => traffic[Symbol.asyncDispose]());

const api = async (line: string, body?: object) => {
  const [method, path] = line.split(' ');
  const sent = body === undefined ? '' : JSON.stringify(body);
  return jsonOf(await traffic.server.send(`${method} /millrace/v1/models/${path}`, sent));
};

/** Each way to ask, one behind the other, until told to stop; the versions by the way. */
function askAll(isOver: () => boolean) {
  const seen = new Map(TRAFFIC_CALLS.map(({ what }) => [what, new Set<string>()]));
  const loops = TRAFFIC_CALLS.map(async (call) => {
    while (!isOver()) seen.get(call.what)?.add((await traffic.ask(call, call.kind)).model);
  });
  return { seen, ended: Promise.all(loops) };
}

it('models are rolled out and back while every dialect asks them, and no request fails', async () => {
  for (const model of MODELS) expect((await api(`PATCH ${model}/labels`, { stable: 1 })).status).toBe(200);
  let isOver = false;
  const { seen, ended } = askAll(() => isOver);
  const askedOf = (version: number) => () =>
    TRAFFIC_CALLS.every(({ what, kind }) => seen.get(what)?.has(`${kind}/${version}`));
  const work = async () => {
    await until('every dialect is answered by version 1', askedOf(1));
    const plan = { steps: [20, 60, 100], hold_ms: 700, min_requests: 1, max_hold_ms: 700, on_inconclusive: 'proceed' };
    // What is judged here is not the versions, which are alike, on a machine that has more to do than it can.
    const judge = { latency: false, answers: false };
    const start = (to: number) =>
      Promise.all(MODELS.map(async (model) => (await api(`POST ${model}/rollout`, { to, ...plan, judge })).status));
    const settled = async (state: string) => {
      for (;;) {
        const states = await Promise.all(MODELS.map(async (model) => (await api(`GET ${model}/rollout`)).body.state));
        if (states.every((each) => each === state)) return;
        if (states.includes('rolled_back')) throw new Error(`${states}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    expect(await start(2)).toEqual(MODELS.map(() => 200));
    await settled('done');
    const versions = await Promise.all(TRAFFIC_CALLS.map(async (call) => (await traffic.ask(call, call.kind)).model));
    expect(versions).toEqual(TRAFFIC_CALLS.map(({ kind }) => `${kind}/2`));
    await until('every loop is answered by version 2', askedOf(2));
    // And back, half-way.
    expect(await start(1)).toEqual(MODELS.map(() => 200));
    for (const model of MODELS) expect((await api(`POST ${model}/rollout/abort`, {})).status).toBe(200);
    await settled('aborted');
    const again = await Promise.all(TRAFFIC_CALLS.map(async (call) => (await traffic.ask(call, call.kind)).model));
    expect(again).toEqual(versions);
  };
  try {
    await Promise.race([work(), ended.then(() => Promise.reject(new Error('nobody asks any more')))]);
  } finally {
    isOver = true;
    await ended;
  }
  for (const { what, kind } of TRAFFIC_CALLS) {
    expect([what, [...(seen.get(what) ?? [])].sort()]).toEqual([what, [`${kind}/1`, `${kind}/2`]]);
  }
}, 120_000);
