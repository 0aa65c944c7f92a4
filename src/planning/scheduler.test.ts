import { describe, expect, it } from 'vitest';
import { call, request } from '../../test/support/engine-fixture.js';
import { createSchedulerFixture, LIMITS } from '../../test/support/scheduler-fixture.js';
import { modelOf } from '../../test/support/server-model.js';
import { createRandom } from '../statistics/index.js';
import type { ServerModel } from './server-model.js';
import { Simulation } from './simulation.js';

const REQUESTS = 300;
const SEED = 5;

/** When requests are due in a simulation with that seed. */
function arrivals(requestsPerSecond: number): readonly number[] {
  const random = createRandom(SEED);
  let at = 0;
  return Array.from({ length: REQUESTS }, () => {
    at += (-Math.log(1 - random()) * 1000) / requestsPerSecond;
    return at;
  });
}

/** The latencies of the same requests through the server's own scheduler, whose instances take as long as the model's runs. */
async function scheduled(model: ServerModel, requestsPerSecond: number): Promise<readonly number[]> {
  const { batching, instances, prefetchBelowMs, runTimes } = model;
  const policies = [{ ...LIMITS.policies.at(0), maxRequests: REQUESTS }] as typeof LIMITS.policies;
  const limits = { policies, batching, prefetchBelowMs };
  const { clock, scheduler, ...fixture } = createSchedulerFixture({ limits, instances });
  for (const instance of fixture.instances) {
    const execute = instance.execute.bind(instance);
    let freeAt = 0;
    instance.execute = (batch, emit) => {
      const running = execute(batch, emit);
      const given = instance.given.at(-1);
      freeAt = Math.max(clock.now(), freeAt) + runTimes.meanMs(batch.rows);
      clock.setTimer(freeAt - clock.now(), () => given?.finish());
      return running;
    };
  }
  const latenciesMs: number[] = [];
  const beganAt = clock.now();
  for (const [index, at] of arrivals(requestsPerSecond).entries()) {
    await clock.advance(beganAt + at - clock.now());
    const onEnd = (): void => void latenciesMs.push(clock.now() - beganAt - at);
    scheduler.submit({ request: request(index), call: call(), sink: { onResponse: () => undefined, onEnd } });
  }
  await clock.advance(60_000);
  return latenciesMs;
}

const BATCHING = { batching: true, maxRows: 8 };

describe('a simulation', () => {
  it.each([
    ['requests one by one', { runsMs: [3] }],
    ['three instances', { runsMs: [8], instances: 3 }],
    ['batches', { rows: [1, 8], runsMs: [6], batching: BATCHING }],
    ['batches that are sent ahead', { rows: [1, 8], runsMs: [6], batching: BATCHING, prefetchBelowMs: 10 }],
    ['batches that wait for company', { rows: [1, 8], runsMs: [6], batching: { ...BATCHING, maxDelayMs: 7 } }],
    [
      'preferred sizes',
      { rows: [1, 8], runsMs: [6], batching: { ...BATCHING, maxDelayMs: 20, preferredSizes: [2, 4] } },
    ],
    ['batches on two instances', { rows: [1, 8], runsMs: [12], batching: BATCHING, instances: 2, prefetchBelowMs: 20 }],
  ])('of %s has the latencies of the scheduler itself', async (_, fixture) => {
    const model = modelOf(fixture);
    const load = { kind: 'rate', requestsPerSecond: 300 } as const;
    const simulated = new Simulation(model, { load, requests: REQUESTS, seed: SEED }).run();
    const real = await scheduled(model, load.requestsPerSecond);
    expect(simulated.latenciesMs.map((each) => each.toFixed(6))).toEqual(real.map((each) => each.toFixed(6)));
  });
});
