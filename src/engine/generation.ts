import { statSync } from 'node:fs';
import {
  ByteBudget,
  type Clock,
  type EventBus,
  formatModelRef,
  MillraceError,
  type ModelRef,
  type ModelState,
  type Signature,
  type Timer,
} from '../core/index.js';
import {
  completeSignature,
  declaredSignature,
  type ModelSource,
  type ResolvedModelConfig,
  type ResolvedQueuePolicy,
  resolveModelConfig,
} from '../repository/index.js';
import type { DescribeModel, Description, Host, Instance, LoadSpec, Placement } from '../runtimes/index.js';
import { type BatchingChoice, chooseBatching } from './batching-probe.js';
import { CachedSubmit } from './cached-submit.js';
import { FilesChangedError, InstancePool } from './instance-pool.js';
import { createCallModel } from './model-calls.js';
import type { EngineOptions } from './options.js';
import type { Pending } from './pending.js';
import type { ResourceAccess, ResourceLimiter } from './resource-limiter.js';
import type { ResponseCache } from './response-cache.js';
import { Scheduler } from './scheduler.js';
import type { SchedulerLimits } from './scheduler-limits.js';
import { sequenceLimits } from './sequences/limits.js';
import { loadSequenceSpec } from './sequences/load-spec.js';
import { createShapeRules } from './shape-rules.js';
import { StatisticsCounter } from './statistics.js';
import type { Grant, Infer, ModelGauges, ModelInfo, Submission } from './types.js';
import { createWarmup, runOnce, type WarmupSample } from './warmup.js';

/** What every generation of an engine shares. */
export interface GenerationContext {
  readonly options: EngineOptions;
  readonly host: Host;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Bytes in flight of the whole engine. */
  readonly budget: ByteBudget;
  /** For models that are made of others. */
  readonly describeModel: DescribeModel;
  /** Of the whole engine; undefined = nobody waits for resources. */
  readonly resources: ResourceLimiter | undefined;
  /** Of the whole engine; undefined = it keeps no answers. */
  readonly responseCache: ResponseCache | undefined;
  /** Resident memory limit of runners whose model names none. */
  readonly defaultMaxRssBytes: number;
  /** After that callers give up. */
  readonly requestTimeoutMs: number;
  readonly cacheFolder: string | undefined;
  readonly infer: Infer;
}

/** One loaded generation of a model version: its instances, its queue, its numbers. */
export interface Generation {
  readonly info: ModelInfo;
  readonly scheduler: Scheduler;
  /** Takes a request: from here it is answered, by the response cache or by the scheduler. */
  readonly submit: (submission: Submission) => Grant;
  readonly statistics: StatisticsCounter;
  /** `ready`, or `recovering` while every instance is down. */
  state(): ModelState;
  /** Instances that are up. */
  up(): number;
  /**
   * It serves no more: its instances finish what was accepted, and none starts again. Once the last is gone, `take` gets
   * what has not begun.
   */
  retire(take: (submission: Submission) => Grant): void;
  gauges(): ModelGauges;
  /** Ends the instances; what is not settled by then fails as `unavailable`. */
  close(): Promise<void>;
}

export interface LoadGenerationOptions {
  readonly source: ModelSource;
  readonly ref: ModelRef;
  readonly context: GenerationContext;
  /** Called when the model is loaded and its warm-up begins. */
  readonly onWarming: () => void;
  /** Called when `state()` may have changed. */
  readonly onStateChange: () => void;
  /** Called when an instance cannot start again, since the files are not the ones that it was loaded from. */
  readonly onFilesChanged: () => void;
}

/** Loads and warms up all instances. Rejects with the reason, having closed what was started. */
export async function loadGeneration(options: LoadGenerationOptions): Promise<Generation> {
  const { context } = options;
  const startedAt = context.clock.now();
  const loader = await createLoader(options, fileIdentity(options.source.path));
  const first = await loader.start(0);
  const started: Instance[] = [first];
  try {
    const prepared = prepare(options, loader.config, first.description);
    options.onWarming();
    loader.samples = await createWarmup({
      source: options.source,
      signature: prepared.signature,
      maxBatchSize: prepared.maxBatchSize,
      samples: loader.config.warmup,
    });
    await loader.warmUp(first);
    const batching = await loader.guard(first, () =>
      chooseBatching(first, {
        enabled: loader.config.batching.enabled,
        signature: prepared.signature,
        maxBatchSize: prepared.maxBatchSize,
        pure: first.description.pure,
        batchInvariant: first.description.batchInvariant,
        clock: context.clock,
      }),
    );
    for (let index = 1; index < loader.config.instances.count; index++) started.push(await loader.start(index));
    const loadMs = context.clock.now() - startedAt;
    return assemble({ ...options, loader, prepared, batching, started, loadMs });
  } catch (error) {
    await Promise.all(started.map(closeFailed));
    throw error;
  }
}

function closeFailed(instance: Instance): Promise<void> {
  return instance.close().catch(() => instance.kill('its load has failed'));
}

interface Loader {
  readonly config: ResolvedModelConfig;
  samples: readonly WarmupSample[];
  /** The request that is being executed under that id; none before the model serves. */
  executing: (callId: number) => Pending | undefined;
  /** Loads one instance and warms it up with the samples known by then. */
  start(index: number): Promise<Instance>;
  warmUp(instance: Instance): Promise<void>;
  /** Kills the instance when `work` takes longer than a load may. */
  guard<Result>(instance: Instance, work: () => Promise<Result>): Promise<Result>;
}

async function createLoader(options: LoadGenerationOptions, identity: string): Promise<Loader> {
  const { source, ref, context } = options;
  const config = resolveModelConfig(source.config);
  const sequence = await loadSequenceSpec(source, config.sequenceBatching);
  const label = formatModelRef(ref);
  const placement: Placement =
    config.instances.placement === 'inline'
      ? { kind: 'inline' }
      : {
          kind: 'process',
          runner: config.instances.runner,
          environment: config.instances.environment,
          maxRssBytes: config.limits.maxRssBytes || context.defaultMaxRssBytes,
        };
  const spec: LoadSpec = {
    ref,
    runtime: source.runtime,
    path: source.path,
    options: runtimeSection(config, source.runtime),
    declared: declaredSignature(source.config, source.labels),
    maxBatchSize: source.config.maxBatchSize,
    cacheFolder: context.cacheFolder,
    parameters: config.parameters,
    ...(sequence === undefined ? {} : { sequence }),
  };
  const checkFiles = () => {
    if (fileIdentity(source.path) === identity) return;
    options.onFilesChanged();
    throw new FilesChangedError(label);
  };
  const timeoutMs = config.limits.loadTimeoutMs;
  const loader: Loader = {
    config,
    samples: [],
    executing: () => undefined,
    async start(index) {
      checkFiles();
      const instance = await context.host.load(spec, placement, {
        instanceId: `${label}#${index}`,
        timeoutMs,
        callModel: createCallModel({
          modelName: ref.name,
          clock: context.clock,
          infer: context.infer,
          parent: (callId) => loader.executing(callId),
        }),
        describeModel: context.describeModel,
      });
      try {
        // They may have been replaced while the runner read them.
        checkFiles();
        await loader.warmUp(instance);
      } catch (error) {
        await closeFailed(instance);
        throw error;
      }
      return instance;
    },
    warmUp: (instance) =>
      loader.guard(instance, async () => {
        for (const sample of loader.samples) {
          for (let run = 0; run < sample.count; run++) await runOnce(instance, sample.inputs, sample.rows);
        }
      }),
    async guard(instance, work) {
      const timer: Timer = context.clock.setTimer(timeoutMs, () =>
        instance.kill(`the warm-up of model '${label}' took longer than ${timeoutMs} ms`),
      );
      try {
        return await work();
      } finally {
        timer.clear();
      }
    },
  };
  return loader;
}

/** The part of the configuration that is the runtime's own; by its name, so that no runtime is known here. */
function runtimeSection(config: ResolvedModelConfig, runtime: string): Readonly<Record<string, unknown>> {
  const section = Object.entries(config).find(([key]) => key === runtime)?.[1];
  return typeof section === 'object' ? { ...section } : {};
}

interface Prepared {
  readonly signature: ModelInfo['signature'];
  readonly maxBatchSize: number;
  readonly description: Description;
  /** Its requests come in sequences. */
  readonly sequences: boolean;
}

/** Who lists the outputs to serve has chosen; anybody else may miss some. */
function reportLeftOut(ref: ModelRef, { leftOut = [] }: Signature, events: EventBus): void {
  for (const { name, reason } of leftOut) {
    const message = `output '${name}' of model '${formatModelRef(ref)}' is not served: it ${reason}`;
    events.publish('diagnostic', { level: 'warn', room: 'engine', message });
  }
}

function prepare(
  { source, ref, context }: LoadGenerationOptions,
  config: ResolvedModelConfig,
  description: Description,
): Prepared {
  if (config.instances.placement === 'inline' && config.instances.runner !== undefined) {
    throw new MillraceError(
      'invalid_argument',
      'instances.runner names a runner process, but instances.placement is inline',
    );
  }
  if (config.instances.placement === 'inline' && config.instances.environment.length > 0) {
    throw new MillraceError(
      'invalid_argument',
      'instances.environment names variables for a runner process, but instances.placement is inline',
    );
  }
  const completed = completeSignature({
    declared: source.config,
    described: description.signature,
    describedMaxBatchSize: description.maxBatchSize,
    labels: source.labels,
    defaultMaxBatchSize: context.options.defaultMaxBatchSize,
  });
  if (!source.config.outputs?.length) reportLeftOut(ref, completed.signature, context.events);
  return { ...completed, description, sequences: description.stateful || config.sequenceBatching !== undefined };
}

interface AssembleOptions extends LoadGenerationOptions {
  readonly loader: Loader;
  readonly prepared: Prepared;
  readonly batching: BatchingChoice;
  readonly started: readonly Instance[];
  readonly loadMs: number;
}

function assemble(options: AssembleOptions): Generation {
  const { ref, context, loader, prepared } = options;
  const { config } = loader;
  const label = formatModelRef(ref);
  const statistics = new StatisticsCounter(ref);
  const pool = new InstancePool({
    ref,
    count: config.instances.count,
    clock: context.clock,
    events: context.events,
    restartBackoffMs: context.options.restartBackoffMs,
    maxRestartBackoffMs: context.options.maxRestartBackoffMs,
    start: (index) => loader.start(index),
    onChange: () => {
      options.onStateChange();
      scheduler.schedule();
    },
  });
  const rules = createShapeRules({
    label,
    signature: prepared.signature,
    maxBatchSize: prepared.maxBatchSize,
    textOnly: prepared.description.textOnly,
    inputs: config.inputs,
    outputs: config.outputs,
  });
  const budget = new ByteBudget(`model '${label}'`, config.limits.maxInFlightBytes, context.budget);
  const resources = joinResources(options, () => scheduler.retry());
  const limits = schedulerLimits(options);
  if (!limits.decoupled) reportSlowLimit(options, limits.executionTimeoutMs);
  const scheduler = new Scheduler({
    ref,
    label,
    // A batch that is sent ahead would hold resources while it waits.
    limits: resources === undefined ? limits : { ...limits, prefetchBelowMs: 0 },
    resources,
    rules,
    pool,
    budget,
    statistics,
    clock: context.clock,
    events: context.events,
  });
  loader.executing = (callId) => pool.executing(callId);
  const cache = findCache(options);
  const cached =
    cache &&
    new CachedSubmit({
      ref,
      label,
      cache,
      budget,
      statistics,
      clock: context.clock,
      rules: rules.request,
      ttlMs: config.responseCache.ttlMs,
      maxWaiting: config.queue.maxRequests,
      submit: (submission) => scheduler.submit(submission),
    });
  options.started.forEach((instance, index) => {
    pool.adopt(index, instance);
  });
  return {
    info: describe(options),
    scheduler,
    submit: (submission) => (cached === undefined ? scheduler.submit(submission) : cached.submit(submission)),
    statistics,
    up: () => pool.up,
    retire(take) {
      pool.stopRestarts();
      scheduler.retire(take);
    },
    state: () => (pool.up > 0 ? { kind: 'ready' } : { kind: 'recovering', reason: pool.lastDeath }),
    gauges: () => gaugesOf(ref, scheduler, pool),
    async close() {
      const reason = new MillraceError('unavailable', `model '${label}' was closed before it could answer`);
      cached?.close(reason);
      scheduler.abort(reason);
      resources?.leave();
      await pool.close();
    },
  };
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
    })),
  };
}

function describe({ ref, source, loader, prepared, batching, loadMs }: AssembleOptions): ModelInfo {
  const { config } = loader;
  return {
    ref,
    source,
    signature: prepared.signature,
    maxBatchSize: prepared.maxBatchSize,
    platform: source.config.platform ?? prepared.description.platform,
    decoupled: prepared.description.decoupled,
    sequences: prepared.sequences,
    placement: config.instances.placement,
    instances: config.instances.count,
    loadMs,
    batching,
  };
}

/** Says so where callers give up before a hung run of theirs is ended. */
function reportSlowLimit({ ref, context }: AssembleOptions, executionTimeoutMs: number): void {
  const { requestTimeoutMs, events } = context;
  if (executionTimeoutMs < requestTimeoutMs) return;
  const message =
    `model '${formatModelRef(ref)}': limits.executionTimeoutMs (${executionTimeoutMs}) is not below ` +
    `server.requestTimeoutMs (${requestTimeoutMs}), so callers give up before a run that hangs is ended`;
  events.publish('diagnostic', { level: 'warn', room: 'engine', message });
}

/** Access to the resources that the configuration says its batches need; undefined where they need none, or need not wait. */
function joinResources({ ref, context, loader }: AssembleOptions, wake: () => void): ResourceAccess | undefined {
  const { resources: needs = [], priority = 1 } = loader.config.instances.rateLimiter ?? {};
  if (needs.length === 0) return undefined;
  if (context.resources !== undefined) return context.resources.join({ model: ref.name, needs, priority, wake });
  const message = `model '${formatModelRef(ref)}' waits for no resources: engine.rateLimit is off`;
  context.events.publish('diagnostic', { level: 'info', room: 'engine', message });
  return undefined;
}

/** The response cache where the configuration asks for it; says so where it cannot be had. */
function findCache(options: AssembleOptions): ResponseCache | undefined {
  const { ref, context, loader } = options;
  if (!loader.config.responseCache.enabled) return undefined;
  const why = whyNoCache(options);
  if (why === undefined) return context.responseCache;
  const message = `model '${formatModelRef(ref)}' is served without response cache: ${why}`;
  context.events.publish('diagnostic', { level: 'warn', room: 'engine', message });
  return undefined;
}

function whyNoCache({ context, loader, prepared }: AssembleOptions): string | undefined {
  if (prepared.description.decoupled) return 'it may give several answers';
  if (loader.config.ensemble !== undefined) return 'it is made of other models, which may be loaded again';
  if (prepared.sequences) return 'it keeps state between requests';
  if (loader.config.batching.preserveOrder) return 'its answers leave in order of arrival (batching.preserveOrder)';
  return context.responseCache === undefined ? 'engine.responseCacheBytes is 0' : undefined;
}

function schedulerLimits({ loader, prepared, batching, context }: AssembleOptions): SchedulerLimits {
  const { config } = loader;
  const { levels, queues } = config.priorities;
  const own = new Map(Object.entries(queues).map(([level, policy]) => [Number(level), policy]));
  const policies = { length: levels, at: (index: number): ResolvedQueuePolicy => own.get(index + 1) ?? config.queue };
  const inline = config.instances.placement === 'inline';
  return {
    batching: {
      batching: batching.enabled,
      maxRows: prepared.maxBatchSize,
      preferredSizes: [...config.batching.preferredBatchSizes].sort((a, b) => a - b),
      maxDelayMs: config.batching.maxQueueDelayMs,
    },
    policies,
    defaultLevel: config.priorities.default,
    executionTimeoutMs: config.limits.executionTimeoutMs,
    preserveOrder: config.batching.preserveOrder,
    pure: prepared.description.pure,
    decoupled: prepared.description.decoupled,
    // Inline runs block this thread, so nothing could overlap.
    wantsContext: prepared.description.wantsContext,
    concurrency: prepared.description.concurrency,
    prefetchBelowMs: inline ? 0 : context.options.prefetchBelowMs,
    sequences: prepared.sequences ? sequenceLimits(config, Math.max(1, prepared.maxBatchSize)) : undefined,
  };
}

/** Tells files apart that were written under the same name; '' for what is no file. */
function fileIdentity(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? `${found.ino}:${found.size}:${found.mtimeMs}` : '';
}
