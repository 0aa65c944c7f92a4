import {
  ByteBudget,
  type InferRequest,
  type Message,
  MillraceError,
  type ModelState,
  msg,
  namedModel,
} from '../../core/index.js';
import type { MemoryNeed } from '../../memory/index.js';
import { resolveModelConfig } from '../../repository/index.js';
import type { Instance } from '../../runtimes/index.js';
import type { BatchingChoice } from '../batching/choice.js';
import { chooseBatching } from '../batching/probe.js';
import { CachedSubmit, type CachedSubmitOptions } from '../cached-submit.js';
import { checkRequest } from '../check-request.js';
import { Holdings } from '../holdings.js';
import { createSlots } from '../instance-pool.js';
import { Scheduler } from '../scheduler.js';
import { schedulerLimits } from '../scheduler-limits.js';
import { createShapeRules } from '../shape-rules.js';
import { StatisticsCounter } from '../statistics.js';
import type { GrantCredit, ModelGauges, ModelInfo, Submission } from '../types.js';
import { createWarmup } from '../warmup.js';
import { gaugesOf } from './gauges.js';
import { closeFailed, createInstanceLoader, type InstanceLoader, startInstance, warmUp } from './instance-loader.js';
import type { LoadGenerationOptions } from './load-options.js';
import { type LoadedPreparer, loadPreparer } from './load-preparer.js';
import { measureMemory } from './measure-memory.js';
import { openReview } from './open-review.js';
import { type PreparedModel, prepareModel } from './prepare.js';
import { createPool, findCache, joinResources, reportSlowLimit, type StartedInstances } from './shared-parts.js';

/** One loaded generation of a model version: its instances, its queue, its numbers. */
export interface Generation {
  readonly info: ModelInfo;
  readonly scheduler: Scheduler;
  /** Takes a request: from here it is answered, by the response cache or, once it is prepared, by the scheduler. */
  readonly submit: (submission: Submission) => GrantCredit;
  /** Throws `invalid_argument` for a request that does not fit the signature. */
  readonly check: (request: InferRequest) => void;
  readonly statistics: StatisticsCounter;
  /** `ready`, or `recovering` while every instance is down. */
  state(): ModelState;
  /** Instances that are up; 0 while the preparer is down. */
  up(): number;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
  /** Resolves when every request has its answer; batches may still compute for callers that have left. */
  settled(): Promise<void>;
  /**
   * It serves no more: its instances finish what was accepted, and none starts again. Once the last is gone, `take` gets
   * what has not begun.
   */
  retire(take: (submission: Submission) => GrantCredit): void;
  gauges(): ModelGauges;
  /** Ends the instances; what is not settled by then fails as `unavailable`. */
  close(): Promise<void>;
}

/** Loads and warms up all instances. Rejects with the reason, having closed what was started. */
export async function loadGeneration(options: LoadGenerationOptions): Promise<Generation> {
  const { source, context } = options;
  const startedAt = context.clock.now();
  const config = resolveModelConfig(source.config, source.manifest);
  const slots = createSlots(options.ref, config.instances.count, config.instances.background);
  const loader = await createInstanceLoader({ ...options, config, slots });
  const { first, preparer } = await loadFirst(loader, loadPreparer(options, config));
  const started: Instance[] = [first];
  try {
    const model = prepareModel(options, config, first.description);
    const { signature, maxBatchSize } = model;
    options.onWarming();
    const read = await createWarmup({ source, signature, maxBatchSize, samples: config.warmup });
    const generates = model.description.tasks?.generate !== undefined;
    const samples = preparer === undefined ? read : await preparer.prepareSamples(read, generates);
    await warmUp(loader, samples, first);
    const batching = await probeBatching(options, model, { loader, instance: first });
    const start = (index: number) => startInstance(loader, samples, index);
    for (let index = 1; index < slots.length; index++) started.push(await start(index));
    const loadMs = context.clock.now() - startedAt;
    const memory = await measureMemory(started, preparer?.instance);
    return assemble({ ...options, model, slots, start, batching, started, preparer, loadMs, memory });
  } catch (error) {
    await Promise.all([...started, ...(preparer === undefined ? [] : [preparer.instance])].map(closeFailed));
    throw error;
  }
}

interface FirstLoaded {
  readonly first: Instance;
  readonly preparer: LoadedPreparer | undefined;
}

/** Loads an instance while the preparer loads; where one of them fails, closes the other. */
async function loadFirst(
  loader: InstanceLoader,
  loadingPreparer: Promise<LoadedPreparer | undefined>,
): Promise<FirstLoaded> {
  const [first, preparer] = await Promise.allSettled([loader.load(0), loadingPreparer]);
  if (first.status === 'fulfilled' && preparer.status === 'fulfilled') {
    return { first: first.value, preparer: preparer.value };
  }
  if (first.status === 'fulfilled') await closeFailed(first.value);
  if (preparer.status === 'fulfilled' && preparer.value !== undefined) await closeFailed(preparer.value.instance);
  throw first.status === 'rejected' ? first.reason : (preparer as PromiseRejectedResult).reason;
}

function probeBatching(
  { context }: LoadGenerationOptions,
  { config, signature, maxBatchSize, description }: PreparedModel,
  { loader, instance }: { readonly loader: InstanceLoader; readonly instance: Instance },
): Promise<BatchingChoice> {
  return loader.guard(instance, () =>
    chooseBatching(instance, {
      enabled: config.batching.enabled,
      signature,
      maxBatchSize,
      pure: description.pure,
      batchInvariant: description.batchInvariant,
      isPadded: description.padding !== undefined,
      clock: context.clock,
    }),
  );
}

interface LoadedGeneration extends LoadGenerationOptions, StartedInstances {
  readonly model: PreparedModel;
  readonly batching: BatchingChoice;
  readonly preparer: LoadedPreparer | undefined;
  readonly loadMs: number;
  readonly memory: MemoryNeed | undefined;
}

function assemble(options: LoadedGeneration): Generation {
  const { ref, context, model } = options;
  const mention = namedModel(ref);
  const statistics = new StatisticsCounter(ref);
  const budget = new ByteBudget(mention, model.config.limits.maxInFlightBytes, context.budget);
  const holdings = new Holdings(budget, context.bodies);
  const pool = createPool(options, () => {
    options.onStateChange();
    scheduler.schedule();
  });
  const rules = shapeRules(mention, model);
  const resources = joinResources(model, ref, { context, wake: () => scheduler.retry() });
  const limits = schedulerLimits(model, {
    batching: options.batching.enabled,
    // A batch that is sent ahead would hold resources while it waits.
    prefetchBelowMs: resources === undefined ? context.options.prefetchBelowMs : 0,
  });
  if (!limits.decoupled) reportSlowLimit(ref, limits.executionTimeoutMs, context);
  const { clock, events, fairness } = context;
  const batching = openReview(options, model, { choice: options.batching, limits });
  const scheduler = new Scheduler({
    ref,
    mention,
    limits,
    resources,
    rules,
    pool,
    holdings,
    batching,
    fairness,
    statistics,
    clock,
    events,
  });
  const preparer = options.preparer?.serve({
    mention,
    limits,
    holdings,
    rules: rules.request,
    statistics,
    checkRoom: (submission, preparing) => scheduler.checkRoom(submission, preparing),
    hasSpareRoom: (submission) => scheduler.hasSpareRoom(submission),
    next: (submission) => scheduler.submit(submission),
    isDown: () => pool.up === 0,
    onChange: options.onStateChange,
  });
  const pools = preparer === undefined ? [pool] : [pool, preparer.pool];
  const submit = (submission: Submission) => (preparer?.preparation ?? scheduler).submit(submission);
  const cached = createCached(options, { mention, holdings, statistics, rules: rules.request, submit });
  return {
    info: {
      ...describe(options),
      get batching() {
        return batching.choice;
      },
    },
    scheduler,
    submit: (submission) => (cached === undefined ? submit(submission) : cached.submit(submission)),
    check: (request) => void checkRequest(rules.request, request),
    statistics,
    up: () => (preparer?.pool.up === 0 ? 0 : pool.up),
    async idle() {
      await preparer?.preparation.idle();
      await scheduler.idle();
    },
    async settled() {
      await preparer?.preparation.settled();
      await scheduler.settled();
    },
    retire(take) {
      for (const each of pools) each.stopRestarts();
      preparer?.preparation.retire(take);
      scheduler.retire(take);
    },
    state() {
      const down = pools.find(({ up }) => up === 0);
      return down === undefined ? { kind: 'ready' } : { kind: 'recovering', reason: String(down.lastDeath) };
    },
    gauges: () => gaugesOf(ref, { scheduler, pool, preparer }),
    async close() {
      const reason = new MillraceError('unavailable', msg`${mention} was closed before it could answer`);
      cached?.close(reason);
      preparer?.preparation.abort(reason);
      scheduler.abort(reason);
      resources?.leave();
      await Promise.all(pools.map((each) => each.close()));
    },
  };
}

function createCached(
  { ref, context, model }: LoadedGeneration,
  parts: Pick<CachedSubmitOptions, 'mention' | 'holdings' | 'statistics' | 'rules' | 'submit'>,
): CachedSubmit | undefined {
  const cache = findCache(model, ref, context);
  if (cache === undefined) return undefined;
  const { responseCache, queue } = model.config;
  const { share, ttlMs } = responseCache;
  return new CachedSubmit({ ...parts, ref, cache, share, ttlMs, maxWaiting: queue.maxRequests, clock: context.clock });
}

function shapeRules(mention: Message, { config, signature, maxBatchSize, description }: PreparedModel) {
  const { inputs, outputs } = config;
  const { textOnly, tasks } = description;
  return createShapeRules({ mention, signature, maxBatchSize, textOnly, inputs, outputs, generate: tasks?.generate });
}

function describe({ ref, source, model, loadMs, memory }: LoadedGeneration): Omit<ModelInfo, 'batching'> {
  const { config, signature, maxBatchSize, description, sequences } = model;
  return {
    ref,
    source,
    signature,
    maxBatchSize,
    platform: source.config.platform ?? description.platform,
    decoupled: description.decoupled,
    pure: description.pure,
    ...(description.tasks === undefined ? {} : { tasks: description.tasks }),
    sequences,
    placement: config.instances.placement,
    instances: config.instances.count + config.instances.background,
    loadMs,
    ...(memory === undefined ? {} : { memory }),
  };
}
