import type { BodyMemory, Clock, EventBus, ModelRef, Principal } from '../core/index.js';
import type { KnownNeed } from '../memory/index.js';
import type { ModelSource } from '../repository/index.js';
import type { Host } from '../runtimes/index.js';
import type { EngineOptions } from './options.js';
import type { Infer } from './types.js';

/** What an engine is made of. */
export interface CreateEngineOptions {
  readonly options: EngineOptions;
  readonly host: Host;
  /** Where bodies lie that come with requests. Default: nothing needs to be held. */
  readonly bodies?: BodyMemory | undefined;
  readonly clock: Clock;
  readonly events: EventBus;
  /** After that callers give up. */
  readonly requestTimeoutMs: number;
  /** How many turns a principal gets in queues beside the others; more than 0. Default: 1 for each. */
  readonly weightOf?: (principal: Principal) => number;
  /** Folder for files that may be deleted at any time; undefined = keep none. */
  readonly cacheFolder: string | undefined;
  /** Runs the requests of models that call other models, as anybody's. */
  readonly infer: Infer;
  /**
   * Whether answers of a version are being compared with those of another one, as in a rollout or a shadow: how its requests are batched
   * does not change then. Default: they never are.
   */
  readonly isCompared?: (ref: ModelRef) => boolean;
  /** Memory that the server and its runners may hold together, in bytes. Default: any amount. */
  readonly memoryBudgetBytes?: number | undefined;
  /** The memory that a source needs; undefined = it will live in the server itself. Default: nothing is known of any. */
  readonly memoryNeedOf?: (source: ModelSource) => KnownNeed | undefined;
  /** Called when the files of a source are no longer needed: its load has failed, or what was loaded from it is closed. */
  readonly onReleased?: (source: ModelSource) => void;
  /**
   * A runner has died and cannot start again as it was, since the version's files have changed: loads the model again.
   * Rejects with the reason why it cannot be.
   */
  readonly reload: (source: ModelSource) => Promise<void>;
}
