import { describe, expect, it } from 'vitest';
import { INSTANT_FRONT, type ModelFixture, modelOf } from '../../test/support/server-model.js';
import { createRandom } from '../statistics/index.js';
import { type CapacityRequest, planCapacity } from './capacity.js';
import { highestRateFor, resourceLimits } from './limits.js';
import { type Prediction, predict, predictHighest } from './predict.js';
import { meets, parseSlo } from './slo.js';

const FRONT = {
  receiveMs: 0.05,
  answerMs: 0.05,
  wakeMs: 0.02,
  loopCores: 1,
  handoverMs: 0.1,
  outsideMs: [0.1, 0.2, 0.3],
};

function requestOf(fixture: ModelFixture, given: Partial<CapacityRequest> = {}): CapacityRequest {
  return { model: modelOf({ front: FRONT, ...fixture }), requestsPerSecond: 300, slo: [], memory: undefined, ...given };
}

/** Servers of all kinds, the same ones each time. */
const SERVERS = Array.from({ length: 12 }, (_, index) => {
  const random = createRandom(index + 1);
  const runMs = 0.5 + random() * 20;
  const batches = random() < 0.5;
  return modelOf({
    runsMs: Array.from({ length: 50 }, () => runMs * (0.8 + 0.4 * random())),
    rows: [1, 8],
    front: { ...FRONT, receiveMs: random() * 0.2 },
    prefetchBelowMs: random() < 0.5 ? 10 : 0,
    instances: 1 + Math.floor(random() * 3),
    batching: { batching: batches, maxRows: batches ? 8 : 1, maxDelayMs: random() < 0.3 ? 2 : 0 },
  });
});

describe('a prediction', () => {
  it('has a latency that rises with the rate, unless requests wait for company', () => {
    for (const model of SERVERS.filter(({ batching }) => batching.maxDelayMs === 0)) {
      const highest = predictHighest(model).requestsPerSecond;
      const at = (part: number): Prediction =>
        predict(model, { kind: 'rate', requestsPerSecond: part * highest }, { requests: 5_000 });
      const p95s = [0.1, 0.4, 0.7, 0.95].map((part) => at(part).p95Ms);
      expect(p95s).toEqual([...p95s].sort((a, b) => a - b));
    }
  });

  it('is never worse with more instances, but for chance', () => {
    for (const model of SERVERS) {
      const requestsPerSecond = 0.8 * predictHighest(model).requestsPerSecond;
      const withInstances = (instances: number): number =>
        predict({ ...model, instances }, { kind: 'rate', requestsPerSecond }, { requests: 5_000 }).p95Ms;
      const { instances } = model;
      expect(withInstances(instances + 1)).toBeLessThanOrEqual(withInstances(instances) * 1.02);
      expect(withInstances(2 * instances)).toBeLessThanOrEqual(withInstances(instances) * 1.02);
    }
  });

  it('reaches the rate of the lowest limit, and not a higher one', () => {
    for (const model of SERVERS.filter(({ batching }) => batching.maxDelayMs === 0)) {
      const [lowest] = resourceLimits(model);
      const reached = predictHighest(model).requestsPerSecond / (lowest?.requestsPerSecond ?? 0);
      expect(reached).toBeGreaterThan(0.8);
      expect(reached).toBeLessThan(1.03);
    }
  });
});

describe('the limits of a server', () => {
  it('are named by what runs out, the first one first', () => {
    const model = modelOf({ runsMs: [10], front: { ...INSTANT_FRONT, receiveMs: 0.5 }, instances: 2, cores: 4 });
    expect(resourceLimits(model)).toEqual([
      { resource: 'instances', requestsPerSecond: 200 },
      { resource: 'cores', requestsPerSecond: (4 * 1000) / 10.5 },
      { resource: 'loop', requestsPerSecond: 2_000 },
    ]);
    expect(resourceLimits({ ...model, cores: 1 })[0]?.resource).toBe('cores');
    expect(resourceLimits({ ...model, instances: 64, cores: 64 })[0]?.resource).toBe('loop');
  });

  it('are those of full batches where the model batches', () => {
    const batching = { batching: true, maxRows: 8 };
    const model = modelOf({ runsMs: [10], rows: [1, 8], batching, rowsPerRequest: 2 });
    // Four requests of two rows.
    expect(resourceLimits(model)[0]).toEqual({ resource: 'instances', requestsPerSecond: 400 });
  });

  it('have a rate up to which an SLO is met', () => {
    const model = modelOf({ runsMs: [10], front: FRONT });
    const rate = highestRateFor(model, parseSlo('p95<30ms'));
    const p95At = (requestsPerSecond: number) => predict(model, { kind: 'rate', requestsPerSecond }).p95Ms;
    expect(p95At(rate)).toBeLessThanOrEqual(30);
    expect(p95At(rate * 1.03)).toBeGreaterThan(30);
    expect(highestRateFor(model, parseSlo('p95<5ms'))).toBe(0);
  });
});

describe('a plan', () => {
  it('has the fewest instances that meet the SLO, and the fewest cores for them', () => {
    const request = requestOf({ runsMs: [10] }, { slo: parseSlo('p95<25ms') });
    const { instances, cores, prediction } = planCapacity(request);
    expect(meets(prediction, request.slo)).toBe(true);
    const p95Of = (given: { readonly instances: number; readonly cores: number }) =>
      predict({ ...request.model, ...given }, { kind: 'rate', requestsPerSecond: 300 }).p95Ms;
    expect(p95Of({ instances: instances - 1, cores: 64 })).toBeGreaterThan(25);
    expect(p95Of({ instances, cores: cores - 1 })).toBeGreaterThan(25);
  });

  it('leaves a fifth to spare where there is no SLO', () => {
    // 300 requests of 10 ms keep three instances busy.
    const { instances, prediction } = planCapacity(requestOf({ runsMs: [10] }));
    expect(instances).toBe(4);
    expect(prediction.instanceUtilization).toBeCloseTo(0.75, 1);
  });

  it('adds up memory and cost', () => {
    const memory = { serverBytes: 100e6, runnerBytes: 50e6, availableBytes: 1e9 };
    const plan = planCapacity(requestOf({ runsMs: [10] }, { memory, pricePerCoreHour: 0.04 }));
    expect(plan.memoryBytes).toBe(100e6 + plan.instances * 50e6);
    // 18 instances, each of which runs 100 requests a second.
    expect(plan.limits.find(({ resource }) => resource === 'memory')?.requestsPerSecond).toBe(1_800);
    expect(plan.costPerMillion).toBeCloseTo((plan.cores * 0.04 * 1e6) / (300 * 3600), 9);
    expect(plan.fullQueueMs).toBeCloseTo((1000 * 100_000) / plan.highestRequestsPerSecond, 9);
    const unknown = planCapacity(requestOf({ runsMs: [10] }));
    expect([unknown.memoryBytes, unknown.costPerMillion, unknown.sloRequestsPerSecond]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('says what breaks first, and what latencies are like at lower and higher rates', () => {
    const plan = planCapacity(requestOf({ runsMs: [10] }, { slo: parseSlo('p95<50ms') }));
    expect(plan.limits[0]?.resource).toBe('instances');
    expect(plan.sloRequestsPerSecond).toBeGreaterThanOrEqual(300);
    expect(plan.sloRequestsPerSecond).toBeLessThan(plan.highestRequestsPerSecond);
    const rates = plan.byRate.map(({ requestsPerSecond }) => requestsPerSecond / plan.highestRequestsPerSecond);
    expect(rates.map((part) => Number(part.toFixed(2)))).toEqual([0.25, 0.5, 0.75, 0.9]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('is refused for a rate of %d', (requestsPerSecond) => {
    expect(() => planCapacity(requestOf({ runsMs: [10] }, { requestsPerSecond }))).toThrow(
      `expected a rate above 0 requests a second, got ${requestsPerSecond}`,
    );
  });

  it('is refused where a request alone takes too long, by how much and why', () => {
    const request = requestOf(
      { runsMs: [10], front: { ...INSTANT_FRONT, outsideMs: [2] } },
      { slo: parseSlo('p50<20ms,p95<9ms') },
    );
    expect(() => planCapacity(request)).toThrow(
      'no number of instances reaches p95<9ms: a request that waits for no other has a p95 of 12 ms, 3 ms too long, of which the model takes 10 ms',
    );
  });

  it('is refused where the event loop of one server is the limit, with the number of servers', () => {
    const fixture = { runsMs: [1], front: { ...INSTANT_FRONT, receiveMs: 1 } };
    expect(() => planCapacity(requestOf(fixture, { requestsPerSecond: 5_000 }))).toThrow(
      /^one server does not reach 80 % use at 5,000 requests\/s: it does up to (79\d|80\d), as the server's event loop is the limit, which more instances do not relieve; plan for 7 servers$/,
    );
  });

  it('is refused where it would take too many instances', () => {
    expect(() => planCapacity(requestOf({ runsMs: [1_000], cores: 1 }, { slo: parseSlo('p95<2s') }))).toThrow(
      /^one server does not reach p95<2s at 300 requests\/s: it does up to \d+, as 64 instances are the limit; plan for \d+ servers$/,
    );
  });
});
