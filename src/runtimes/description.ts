import type { ModelTasks, Signature } from '../core/index.js';

/**
 * A number that a runtime says of one instance: metric `millrace_runtime_<name>`, a counter where it ends with `_total`. The share of its
 * cache in use is `kv_cache_active_tokens` of `kv_cache_size_tokens`.
 */
export interface StatisticSpec {
  /** Lower-case letters, digits and `_`, up to 63; with the unit: `kv_cache_used_bytes`. */
  readonly name: string;
  /** One line, up to 200 characters. */
  readonly help: string;
}

/** How items of different cost share a batch: each is padded to the dearest one. */
export interface PaddingLimits {
  /** Most that the dearest item of a batch costs times its items. A single item may cost more. */
  readonly maxPaddedCost: number;
  /** Largest part of that which is padding, from 0 to 1. */
  readonly maxWaste: number;
  /** Of several instances, one runs no item that costs more than `maxPaddedCost`, so that shorter ones need not wait for it. Default: false. */
  readonly reservesInstance?: boolean;
}

/** Input bytes of a request, or tokens, which are estimated from its bytes. */
export type CostUnit = 'bytes' | 'tokens';

/** A model's properties, as its runtime has found them. */
export interface Description {
  /** As in the file: names, types, dimensions (-1 = variable); `batchAxis` 0 where the first dimension is variable. */
  readonly signature: Signature;
  /** Most rows of a batch, where the model itself says it; 0 = none is a batch dimension. */
  readonly maxBatchSize?: number;
  /** Running an item twice changes nothing: a failed batch may be re-run item by item. */
  readonly pure: boolean;
  /** The numbers of a row do not depend on its batch-mates, as they do with dynamic quantisation. */
  readonly batchInvariant: boolean;
  /** May give any number of answers for one item. */
  readonly decoupled: boolean;
  /**
   * Tasks besides inference: at most one of those of the runtime's manifest. One that generates is decoupled, and its signature is that
   * of `generationSignature`; of one that embeds, ranks or classifies it is that of `poolingSignature`. Default: nothing.
   */
  readonly tasks?: ModelTasks;
  /** Keeps state between the items of a sequence. */
  readonly stateful: boolean;
  /** Batches that may run at a time in one instance; 1 for those that block their thread. */
  readonly concurrency: number;
  /**
   * Waits for other things than its own computing (timers, credit, other models), so its runner must not block in a
   * read. Costs a few dozen µs a batch. True for everything decoupled.
   */
  readonly needsEventLoop: boolean;
  /** The unit of requests' costs, for models whose batches have a limit of that. Default: bytes. */
  readonly costUnit?: CostUnit;
  /** Items are padded to the dearest one of their batch: those of similar costs run together. Default: items of one batch may have any cost. */
  readonly padding?: PaddingLimits;
  /**
   * An instance runs requests like earlier ones at a lower cost (a cache of prefixes): similar requests go to the
   * same instance while that has room. Default: false.
   */
  readonly affinity?: boolean;
  /** Numbers in {@link LoadedModel.statistics}; at most 32. Default: none. */
  readonly statistics?: readonly StatisticSpec[];
  /**
   * Reads its inputs and never writes to their memory, which may then be shared with the server: writing to that ends the process.
   * Saves a copy of large inputs. Default: false.
   */
  readonly readsInPlace?: boolean;
  /** Wants {@link BatchItem.context}. */
  readonly wantsContext: boolean;
  /** BYTES are held as UTF-8 text, so other byte strings must be refused before they get here. */
  readonly textOnly: boolean;
  /** Triton's platform string, e.g. `onnxruntime_onnx`. */
  readonly platform: string;
}
