import type { BodyMemory, ByteBudget, Clock, EventBus, ModelRef } from '../../core/index.js';
import type { ModelSource } from '../../repository/index.js';
import type { DescribeModel, Host } from '../../runtimes/index.js';
import type { Fairness } from '../fairness/fair-share.js';
import type { EngineOptions } from '../options.js';
import type { ResourceLimiter } from '../resource-limiter.js';
import type { ResponseCache } from '../response-cache.js';
import type { Infer } from '../types.js';

/** What every generation of an engine shares. */
export interface GenerationContext {
  readonly options: EngineOptions;
  readonly host: Host;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Bytes in flight of the whole engine. */
  readonly budget: ByteBudget;
  /** undefined = nothing needs to be held. */
  readonly bodies?: BodyMemory | undefined;
  readonly fairness: Fairness;
  /** For models that are made of others. */
  readonly describeModel: DescribeModel;
  /** Of the whole engine; undefined = nobody waits for resources. */
  readonly resources: ResourceLimiter | undefined;
  /** Of the whole engine; undefined = it keeps no answers. */
  readonly responseCache: ResponseCache | undefined;
  /** After that callers give up. */
  readonly requestTimeoutMs: number;
  readonly cacheFolder: string | undefined;
  readonly infer: Infer;
  /** Whether answers of a version are being compared with those of another one. */
  readonly isCompared: (ref: ModelRef) => boolean;
}

export interface LoadGenerationOptions {
  readonly source: ModelSource;
  readonly ref: ModelRef;
  readonly context: GenerationContext;
  /** Called when the model is loaded and its warm-up begins. */
  readonly onWarming: () => void;
  /** Called when the generation's `state()` may have changed. */
  readonly onStateChange: () => void;
  /** Called when an instance cannot start again, since the files are not the ones that it was loaded from. */
  readonly onFilesChanged: () => void;
}
