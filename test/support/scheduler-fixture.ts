import { type BodyMemory, ByteBudget, EventBus, namedModel } from '../../src/core/index.js';
import { BatchingReview } from '../../src/engine/batching/review.js';
import type { Fairness } from '../../src/engine/fairness/fair-share.js';
import { Holdings } from '../../src/engine/holdings.js';
import { createSlots, InstancePool } from '../../src/engine/instance-pool.js';
import type { ResourceAccess } from '../../src/engine/resource-limiter.js';
import { Scheduler } from '../../src/engine/scheduler.js';
import type { SchedulerLimits } from '../../src/engine/scheduler-limits.js';
import { createShapeRules } from '../../src/engine/shape-rules.js';
import { StatisticsCounter } from '../../src/engine/statistics.js';
import type { Description } from '../../src/runtimes/index.js';
import { call, IDENTITY, Outcome, request } from './engine-fixture.js';
import { FakeClock } from './fake-clock.js';
import { FakeInstance } from './fake-instance.js';

export const REF = { name: 'm', version: 1, generation: 1 };

export const LIMITS: SchedulerLimits = {
  batching: { batching: true, maxRows: 8, preferredSizes: [], maxDelayMs: 0 },
  policies: [{ maxRequests: 100, timeoutMs: 0, timeoutAction: 'reject' as const, allowTimeoutOverride: true }],
  defaultLevel: 1,
  costUnit: 'bytes',
  affinity: false,
  executionTimeoutMs: 60_000,
  preserveOrder: false,
  pure: true,
  decoupled: false,
  reservesLastPlace: false,
  prefetchBelowMs: 0,
  sequences: undefined,
  concurrency: 1,
  wantsContext: false,
};

export interface FixtureOptions {
  readonly limits?: Partial<SchedulerLimits>;
  readonly instances?: number;
  /** Further ones, for requests of the background only. */
  readonly background?: number;
  readonly description?: Description;
  readonly maxBatchSize?: number;
  readonly maxBytes?: number;
  readonly bodies?: BodyMemory;
  readonly clock?: FakeClock;
  readonly fairness?: Fairness;
  /** Lets runs decide whether requests are batched. Default: as the limits say. */
  readonly reviews?: { readonly isHeld: () => boolean };
  readonly resources?: (wake: () => void) => ResourceAccess;
  /** Loads an instance after a death. Default: a fresh one at once. */
  readonly restart?: (create: () => FakeInstance) => Promise<FakeInstance>;
}

/** A scheduler over fake instances and a fake clock. Instances that die come back after the back-off. */
export function createSchedulerFixture(options: FixtureOptions = {}) {
  const clock = options.clock ?? new FakeClock();
  const events = new EventBus();
  const description = options.description ?? IDENTITY;
  const instances: FakeInstance[] = [];
  const create = (index: number) => {
    const instance = new FakeInstance(`m/1#${index}`, description);
    instances.push(instance);
    return instance;
  };
  const { restart = (fresh) => Promise.resolve(fresh()) } = options;
  const statistics = new StatisticsCounter(REF);
  const budget = new ByteBudget("model 'm/1'", options.maxBytes ?? 1_000_000);
  const holdings = new Holdings(budget, options.bodies);
  const pool = new InstancePool({
    ref: REF,
    slots: createSlots(REF, options.instances ?? 1, options.background),
    clock,
    events,
    restartBackoffMs: 100,
    maxRestartBackoffMs: 10_000,
    start: (index) => restart(() => create(index)),
    onChange: () => scheduler.schedule(),
  });
  const rules = createShapeRules({
    mention: namedModel({ name: 'm', version: 1 }),
    signature: description.signature,
    maxBatchSize: options.maxBatchSize ?? 8,
    textOnly: description.textOnly,
    inputs: [],
    outputs: [],
  });
  const limits = { ...LIMITS, ...options.limits };
  const { batching } = limits;
  const review =
    options.reviews &&
    new BatchingReview({
      ...options.reviews,
      limits: batching,
      choice: { enabled: batching.batching, cause: 'measured_at_load', reason: 'measured' },
      isOpen: true,
      clock,
      onReviewed: () => undefined,
    });
  const scheduler = new Scheduler({
    ref: REF,
    mention: namedModel({ name: 'm', version: 1 }),
    limits,
    rules,
    pool,
    resources: options.resources?.(() => scheduler.retry()),
    holdings,
    statistics,
    clock,
    events,
    ...(options.fairness === undefined ? {} : { fairness: options.fairness }),
    ...(review === undefined ? {} : { batching: review }),
  });
  for (let index = 0; index < pool.slots.length; index++) pool.adopt(index, create(index));
  /** The newest instance of the only slot. */
  const instance = () => instances.at(-1) as FakeInstance;
  return {
    clock,
    events,
    scheduler,
    rules,
    pool,
    budget,
    holdings,
    instances,
    instance,
    counter: statistics,
    statistics: statistics.values,
  };
}

/** Sends a request with that value to the scheduler of a fixture. */
export function submitTo(
  { scheduler }: Pick<ReturnType<typeof createSchedulerFixture>, 'scheduler'>,
  value: number,
  options: Parameters<typeof request>[1] = {},
) {
  const outcome = new Outcome();
  const theCall = call();
  scheduler.submit({ request: request(value, options), call: theCall, sink: outcome });
  return { outcome, call: theCall };
}
