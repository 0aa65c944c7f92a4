import type { Message } from '../core/index.js';
import type { MemoryNeed } from '../memory/index.js';
import type { LoadedModel, LoadSpec } from './contract.js';
import type { CallModel, DescribeModel } from './model-calls.js';

/** Where an instance runs. `runner` names a process shared by the models with the same `environment`; undefined = one of its own. */
export type Placement =
  | { readonly kind: 'inline' }
  | {
      readonly kind: 'process';
      readonly runner: string | undefined;
      /** The model's own limit; 0 = none. */
      readonly maxRssBytes: number;
      /** Names of the server's environment variables that the process gets besides the usual ones. Default: none. */
      readonly environment?: readonly string[];
    };

/** Resident memory above which a runner process is killed. */
export interface MemoryLimit {
  readonly bytes: number;
  /**
   * `limits.maxRssBytes` of its models, `runners.maxRssBytes`, the default for small models, what the models need by their files, or, if
   * that is more, the memory of the machine.
   */
  readonly source: keyof typeof MEMORY_LIMIT_REASONS;
  /** Bytes that its models need at most, as far as their files and options say. */
  readonly estimate: number;
}

/** Where a limit comes from, for messages. */
export const MEMORY_LIMIT_REASONS = {
  model: 'limits.maxRssBytes',
  server: 'runners.maxRssBytes',
  default: 'the default',
  files: 'by the size of its files',
  machine: 'the memory of the machine',
} as const;

/** A loaded model somewhere, seen from the engine. */
export interface Instance extends LoadedModel {
  /** Unique in a server, e.g. `mlp/3#0`; the label of metrics and logs. */
  readonly id: string;
  /** Process that runs it; the server's own for inline ones. */
  readonly pid: number;
  readonly loadMs: number;
  /** Settles with the reason when the runner is gone (crash, kill, end); never for inline instances. */
  readonly exited: Promise<string | Message>;
  /**
   * Clock time at which its process was last busy with loading a model, be it another one: now while it is, 0 = never.
   * Batches may have waited for that. Undefined where nothing waits so.
   */
  readonly lastLoadAt?: number;
  /** Of its process, which other models may share; undefined where it is the server's. */
  readonly memoryLimit?: MemoryLimit | undefined;
  /**
   * Memory of its process now and at most so far; of a process that other models share, its growth since the instance began to load there.
   * Undefined for instances in the server itself and for processes that have ended.
   */
  memoryNeed?(): Promise<MemoryNeed | undefined>;
  /** Ends the runner now, whatever it does; no effect inline. Outstanding executes reject as `unavailable`. */
  kill(reason: string | Message): void;
  /** The reader of a decoupled item took so many answers: as many more may come ({@link STREAM_CREDIT} at first). */
  grant(callId: number, answers: number): void;
}

/** Starts instances and watches their runner processes. */
export interface Host {
  /**
   * Loads one instance; rejects with the runtime's error, or `unavailable` when the runner dies or
   * `timeoutMs` passes before the model is loaded.
   */
  load(spec: LoadSpec, placement: Placement, options: HostLoadOptions): Promise<Instance>;
  /** Ends all runners; pending work rejects as `unavailable`. */
  close(): Promise<void>;
}

export interface HostLoadOptions {
  readonly instanceId: string;
  /** Its process has the lowest priority of the system. Default: no. */
  readonly forBackground?: boolean;
  readonly timeoutMs: number;
  readonly callModel: CallModel;
  /** Needed by models that are made of others; they live inline. */
  readonly describeModel?: DescribeModel;
}
