import { formatModelRef, type ModelRef } from '../../core/index.js';
import type { Instance } from '../../runtimes/index.js';
import { InstancePool, type Slot } from '../instance-pool.js';
import type { ResourceAccess } from '../resource-limiter.js';
import type { ResponseCache } from '../response-cache.js';
import type { GenerationContext, LoadGenerationOptions } from './load-options.js';
import type { PreparedModel } from './prepare.js';

/** Instances that have been loaded, and how others take their places. */
export interface StartedInstances {
  readonly slots: readonly Slot[];
  readonly started: readonly Instance[];
  /** Loads and warms up the instance of one slot. */
  readonly start: (index: number) => Promise<Instance>;
}

/** The pool of instances, which are in the order of its slots. `onChange`: called when one of them goes or has come. */
export function createPool(
  { ref, context, slots, started, start }: StartedInstances & Pick<LoadGenerationOptions, 'ref' | 'context'>,
  onChange: () => void,
): InstancePool {
  const { clock, events, options } = context;
  const { restartBackoffMs, maxRestartBackoffMs } = options;
  const pool = new InstancePool({ ref, slots, clock, events, restartBackoffMs, maxRestartBackoffMs, start, onChange });
  started.forEach((instance, index) => {
    pool.adopt(index, instance);
  });
  return pool;
}

/** Access to the resources that the configuration says its batches need; undefined where they need none, or need not wait. */
export function joinResources(
  { config }: PreparedModel,
  ref: ModelRef,
  { context, wake }: { readonly context: GenerationContext; readonly wake: () => void },
): ResourceAccess | undefined {
  const { resources: needs = [], priority = 1 } = config.instances.rateLimiter ?? {};
  if (needs.length === 0) return undefined;
  if (context.resources !== undefined) return context.resources.join({ model: ref.name, needs, priority, wake });
  const message = `model '${formatModelRef(ref)}' waits for no resources: engine.rateLimit is off`;
  context.events.publish('diagnostic', { level: 'info', room: 'engine', message });
  return undefined;
}

/** The response cache where the configuration asks for it; says so where it cannot be had. */
export function findCache(model: PreparedModel, ref: ModelRef, context: GenerationContext): ResponseCache | undefined {
  if (!model.config.responseCache.enabled) return undefined;
  const why = whyNoCache(model, context);
  if (why === undefined) return context.responseCache;
  const message = `model '${formatModelRef(ref)}' is served without response cache: ${why}`;
  context.events.publish('diagnostic', { level: 'warn', room: 'engine', message });
  return undefined;
}

function whyNoCache({ config, description, sequences }: PreparedModel, context: GenerationContext): string | undefined {
  if (description.decoupled) return 'it may give several answers';
  if (config.composed) return 'it is made of other models, which may be loaded again';
  if (sequences) return 'it keeps state between requests';
  if (config.batching.preserveOrder) return 'its answers leave in order of arrival (batching.preserveOrder)';
  return context.responseCache === undefined ? 'engine.responseCacheBytes is 0' : undefined;
}

/** Says so where callers give up before a hung run of theirs is ended. */
export function reportSlowLimit(ref: ModelRef, executionTimeoutMs: number, context: GenerationContext): void {
  const { requestTimeoutMs, events } = context;
  if (executionTimeoutMs < requestTimeoutMs) return;
  const message =
    `model '${formatModelRef(ref)}': limits.executionTimeoutMs (${executionTimeoutMs}) is not below ` +
    `server.requestTimeoutMs (${requestTimeoutMs}), so callers give up before a run that hangs is ended`;
  events.publish('diagnostic', { level: 'warn', room: 'engine', message });
}
