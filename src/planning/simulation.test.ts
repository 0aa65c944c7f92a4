import { describe, expect, it } from 'vitest';
import { INSTANT_FRONT, modelOf } from '../../test/support/server-model.js';
import { predict, predictHighest } from './predict.js';

/** Erlang's C formula: the share of arrivals that wait in M/M/c. */
function erlangC(servers: number, load: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < servers; k++) {
    term *= load / k;
    sum += term;
  }
  const last = ((term * load) / servers) * (servers / (servers - load));
  return last / (sum + last);
}

const RUN_MS = 10;
/** Quantiles of the exponential distribution with that mean. */
const EXPONENTIAL = Array.from({ length: 2_000 }, (_, index) => -Math.log(1 - (index + 0.5) / 2_000) * RUN_MS);
const MANY = { requests: 60_000 };

describe('a simulated server', () => {
  it.each([
    [1, 0.5],
    [1, 0.8],
    [2, 0.7],
    [4, 0.8],
  ])('with %i instances that are busy %d of the time waits as long as M/M/c says', (instances, utilization) => {
    const model = modelOf({ runsMs: EXPONENTIAL, instances });
    const requestsPerSecond = (1000 * instances * utilization) / RUN_MS;
    const waitMs = (erlangC(instances, instances * utilization) * RUN_MS) / (instances * (1 - utilization));
    const { meanMs, instanceUtilization } = predict(model, { kind: 'rate', requestsPerSecond }, MANY);
    expect(Math.abs(meanMs / (RUN_MS + waitMs) - 1)).toBeLessThan(0.08);
    expect(Math.abs(instanceUtilization / utilization - 1)).toBeLessThan(0.02);
  });

  it('has the percentiles of M/M/1, whose latency is exponentially distributed', () => {
    const model = modelOf({ runsMs: EXPONENTIAL });
    const { p50Ms, p95Ms, p99Ms } = predict(model, { kind: 'rate', requestsPerSecond: 50 }, MANY);
    const meanMs = RUN_MS / 0.5;
    for (const [measured, share] of [
      [p50Ms, 0.5],
      [p95Ms, 0.95],
      [p99Ms, 0.99],
    ] as const) {
      expect(Math.abs(measured / (-Math.log(1 - share) * meanMs) - 1)).toBeLessThan(0.08);
    }
  });

  it.each([0.3, 0.6, 0.9])('whose runs all take the same waits as long as M/D/1 says at %d', (utilization) => {
    const model = modelOf({ runsMs: [RUN_MS] });
    const waitMs = (utilization * RUN_MS) / (2 * (1 - utilization));
    const load = { kind: 'rate', requestsPerSecond: (1000 * utilization) / RUN_MS } as const;
    expect(Math.abs(predict(model, load, MANY).meanMs / (RUN_MS + waitMs) - 1)).toBeLessThan(0.08);
  });

  it('has a loop that is a queue as well', () => {
    const model = modelOf({ runsMs: [0.000_001], front: { ...INSTANT_FRONT, answerMs: 1 } });
    // M/D/1 at 0.5.
    const { meanMs, loopUtilization } = predict(model, { kind: 'rate', requestsPerSecond: 500 }, MANY);
    expect(Math.abs(meanMs / 1.5 - 1)).toBeLessThan(0.03);
    expect(loopUtilization).toBeCloseTo(0.5, 1);
  });

  it('wakes its loop for a request alone, and not where the loop is busy anyway', () => {
    const model = modelOf({ runsMs: [10], front: { ...INSTANT_FRONT, answerMs: 1, wakeMs: 2 }, instances: 8 });
    // Two wake-ups, the run and the answer.
    expect(predict(model, { kind: 'clients', clients: 1 }, { requests: 100 }).p50Ms).toBeCloseTo(15, 6);
    expect(Math.abs(predictHighest({ ...model, instances: 64 }).requestsPerSecond / 1_000 - 1)).toBeLessThan(0.02);
  });

  it('answers as many requests as full batches allow, and no more', () => {
    const model = modelOf({ runsMs: [RUN_MS], rows: [1, 8], batching: { batching: true, maxRows: 8 } });
    // A batch of 8 takes as long as one row.
    const { requestsPerSecond, rowsPerBatch } = predictHighest(model);
    expect(rowsPerBatch).toBeCloseTo(8, 0);
    expect(Math.abs(requestsPerSecond / 800 - 1)).toBeLessThan(0.02);
  });

  it('waits for company as long as the configuration says', () => {
    const model = modelOf({ runsMs: [1], batching: { batching: true, maxRows: 8, maxDelayMs: 5 } });
    // Alone almost always: its delay and its run.
    const { p50Ms } = predict(model, { kind: 'rate', requestsPerSecond: 1 }, { requests: 1_000 });
    expect(p50Ms).toBeCloseTo(6, 6);
  });

  it('refuses what finds the queue full', () => {
    const model = modelOf({ runsMs: [RUN_MS], maxQueuedRequests: 10 });
    const { refused, requestsPerSecond, latenciesMs } = predict(model, { kind: 'rate', requestsPerSecond: 200 });
    expect(refused).toBeCloseTo(0.5, 1);
    expect(Math.abs(requestsPerSecond / 100 - 1)).toBeLessThan(0.02);
    // The queue, the run under way and its own.
    expect(latenciesMs.at(-1)).toBeLessThanOrEqual(12 * RUN_MS);
  });

  it('shares its cores once more is running than there are', () => {
    const model = modelOf({ runsMs: [RUN_MS], instances: 4, cores: 2 });
    const { requestsPerSecond, coresInUse } = predictHighest(model);
    expect(Math.abs(requestsPerSecond / 200 - 1)).toBeLessThan(0.02);
    expect(coresInUse).toBeCloseTo(2, 1);
  });

  it('sends the next batch ahead to a busy runner, so that it does not wait for the server', () => {
    const front = { ...INSTANT_FRONT, handoverMs: 4 };
    const highest = (prefetchBelowMs: number) =>
      predictHighest(modelOf({ runsMs: [4], front, prefetchBelowMs })).requestsPerSecond;
    expect(Math.abs(highest(0) / 125 - 1)).toBeLessThan(0.02);
    expect(Math.abs(highest(10) / 250 - 1)).toBeLessThan(0.02);
  });

  it('repeats itself for the same seed and differs for another', () => {
    const model = modelOf({ runsMs: EXPONENTIAL });
    const load = { kind: 'rate', requestsPerSecond: 60 } as const;
    expect(predict(model, load, { seed: 7 })).toEqual(predict(model, load, { seed: 7 }));
    expect(predict(model, load, { seed: 7 }).meanMs).not.toBe(predict(model, load, { seed: 8 }).meanMs);
  });
});
