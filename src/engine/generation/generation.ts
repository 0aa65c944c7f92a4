import {
  ByteBudget,
  formatModelRef,
  type Message,
  MillraceError,
  type ModelRef,
  type ModelState,
  msg,
  namedModel,
} from '../../core/index.js';
import { resolveModelConfig } from '../../repository/index.js';
import type { Instance } from '../../runtimes/index.js';
import type { BatchingChoice } from '../batching/choice.js';
import { chooseBatching } from '../batching/probe.js';
import { CachedSubmit } from '../cached-submit.js';
import { Holdings } from '../holdings.js';
import { createSlots, InstancePool, type Slot } from '../instance-pool.js';
import { Scheduler } from '../scheduler.js';
import { schedulerLimits } from '../scheduler-limits.js';
import { createShapeRules } from '../shape-rules.js';
import { StatisticsCounter } from '../statistics.js';
import type { GrantCredit, InstanceStatistic, ModelGauges, ModelInfo, Submission } from '../types.js';
import { createWarmup } from '../warmup.js';
import { closeFailed, createInstanceLoader, type InstanceLoader, startInstance, warmUp } from './instance-loader.js';
import type { LoadGenerationOptions } from './load-options.js';
import { openReview } from './open-review.js';
import { type PreparedModel, prepareModel } from './prepare.js';
import { findCache, joinResources, reportSlowLimit } from './shared-parts.js';

/** One loaded generation of a model version: its instances, its queue, its numbers. */
export interface Generation {
  readonly info: ModelInfo;
  readonly scheduler: Scheduler;
  /** Takes a request: from here it is answered, by the response cache or by the scheduler. */
  readonly submit: (submission: Submission) => GrantCredit;
  readonly statistics: StatisticsCounter;
  /** `ready`, or `recovering` while every instance is down. */
  state(): ModelState;
  /** Instances that are up. */
  up(): number;
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
  const slots = createSlots(config.instances.count);
  const loader = await createInstanceLoader({ ...options, config, slots });
  const first = await loader.load(0);
  const started: Instance[] = [first];
  try {
    const model = prepareModel(options, config, first.description);
    const { signature, maxBatchSize } = model;
    options.onWarming();
    const samples = await createWarmup({ source, signature, maxBatchSize, samples: config.warmup });
    await warmUp(loader, samples, first);
    const batching = await probeBatching(options, model, { loader, instance: first });
    const start = (index: number) => startInstance(loader, samples, index);
    for (let index = 1; index < slots.length; index++) started.push(await start(index));
    return assemble({ ...options, model, slots, start, batching, started, loadMs: context.clock.now() - startedAt });
  } catch (error) {
    await Promise.all(started.map(closeFailed));
    throw error;
  }
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
      clock: context.clock,
    }),
  );
}

interface LoadedGeneration extends LoadGenerationOptions {
  readonly model: PreparedModel;
  readonly slots: readonly Slot[];
  /** Loads and warms up the instance of one slot. */
  readonly start: (index: number) => Promise<Instance>;
  readonly batching: BatchingChoice;
  readonly started: readonly Instance[];
  readonly loadMs: number;
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
  const cache = findCache(model, ref, context);
  const cached =
    cache &&
    new CachedSubmit({
      ref,
      mention,
      cache,
      holdings,
      statistics,
      clock,
      rules: rules.request,
      share: model.config.responseCache.share,
      ttlMs: model.config.responseCache.ttlMs,
      maxWaiting: model.config.queue.maxRequests,
      submit: (submission) => scheduler.submit(submission),
    });
  return {
    info: {
      ...describe(options),
      get batching() {
        return batching.choice;
      },
    },
    scheduler,
    submit: (submission) => (cached === undefined ? scheduler.submit(submission) : cached.submit(submission)),
    statistics,
    up: () => pool.up,
    retire(take) {
      pool.stopRestarts();
      scheduler.retire(take);
    },
    state: () => (pool.up > 0 ? { kind: 'ready' } : { kind: 'recovering', reason: String(pool.lastDeath) }),
    gauges: () => gaugesOf(ref, scheduler, pool),
    async close() {
      const reason = new MillraceError('unavailable', msg`${mention} was closed before it could answer`);
      cached?.close(reason);
      scheduler.abort(reason);
      resources?.leave();
      await pool.close();
    },
  };
}

function createPool({ ref, context, slots, start, started }: LoadedGeneration, onChange: () => void): InstancePool {
  const { clock, events, options } = context;
  const { restartBackoffMs, maxRestartBackoffMs } = options;
  const pool = new InstancePool({ ref, slots, clock, events, restartBackoffMs, maxRestartBackoffMs, start, onChange });
  started.forEach((instance, index) => {
    pool.adopt(index, instance);
  });
  return pool;
}

function shapeRules(mention: Message, { config, signature, maxBatchSize, description }: PreparedModel) {
  const { inputs, outputs } = config;
  const { textOnly, tasks } = description;
  return createShapeRules({ mention, signature, maxBatchSize, textOnly, inputs, outputs, generate: tasks?.generate });
}

function gaugesOf(ref: ModelRef, scheduler: Scheduler, pool: InstancePool): ModelGauges {
  return {
    ref,
    queuedRequests: scheduler.queuedRequests,
    queuedBytes: scheduler.queuedBytes,
    executingRequests: scheduler.executingRequests,
    activeSequences: scheduler.sequences?.active ?? 0,
    waitingSequences: scheduler.sequences?.waiting ?? 0,
    instances: pool.slots.map((slot) => ({
      id: `${formatModelRef(ref)}#${slot.index}`,
      pid: slot.instance?.pid ?? 0,
      up: slot.instance !== undefined,
      restarts: slot.restarts,
      ...(slot.instance?.memoryLimit === undefined ? {} : { memoryLimit: slot.instance.memoryLimit }),
      ...(slot.instance?.description.statistics === undefined ? {} : { statistics: statisticsOf(slot.instance) }),
    })),
  };
}

function statisticsOf(instance: Instance): readonly InstanceStatistic[] {
  const { statistics: specs = [] } = instance.description;
  const values = instance.statistics?.() ?? {};
  return specs.flatMap(({ name, help }) => {
    const value = values[name];
    return value === undefined ? [] : [{ name, help, value }];
  });
}

function describe({ ref, source, model, loadMs }: LoadedGeneration): Omit<ModelInfo, 'batching'> {
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
    instances: config.instances.count,
    loadMs,
  };
}
