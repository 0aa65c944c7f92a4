/** Where a version stands. */
export type VersionState = 'loading' | 'warming' | 'ready' | 'recovering' | 'draining' | 'unloaded' | 'failed';

/** Why requests of a version are batched together or not. */
export type BatchingReason =
  | 'configured'
  | 'no_batch_dimension'
  | 'single_row_batches'
  | 'rows_depend_on_batch'
  | 'not_measured'
  | 'measured_at_load'
  | 'measured_in_runs';

/** Where a memory limit comes from: a setting of the model or the server, the default, the size of the files, or the machine. */
export type MemoryLimitSource = 'model' | 'server' | 'default' | 'files' | 'machine';

export interface BatchingReport {
  readonly enabled: boolean;
  readonly reason: BatchingReason;
  /** The same for people, with the times that were measured. */
  readonly detail: string;
}

/** Resident memory above which a runner, which other models may share, is killed. */
export interface MemoryLimit {
  readonly bytes: number;
  readonly source: MemoryLimitSource;
}

/** Memory of the runner processes of a version, its preparer's included: anonymous memory and resident pages of files. */
export interface MemoryNeed {
  /** Loaded and warmed up. */
  readonly rest_bytes: number;
  /** Most while it loads. */
  readonly peak_bytes: number;
  /** Measured at the last load; false = estimated from the size of its files, until it is loaded. */
  readonly measured: boolean;
}

/** One of the instances that compute for a version. */
export interface InstanceReport {
  readonly id: string;
  readonly up: boolean;
  readonly restarts: number;
  /** Missing in the server itself, and while the runner is down. */
  readonly memory_limit?: MemoryLimit;
}

/** How a version of a model runs. */
export interface VersionReport {
  readonly version: number;
  readonly state: VersionState;
  /** Why it is not ready. */
  readonly reason?: string;
  /** Whether its requests are batched together now; missing while it is not loaded. */
  readonly batching?: BatchingReport;
  readonly instances: readonly InstanceReport[];
  /** Missing where the model lives in the server itself. */
  readonly memory?: MemoryNeed;
}

export interface VersionList {
  readonly model: string;
  readonly versions: readonly VersionReport[];
}

export interface VersionEndpoints {
  'GET /models/{model}/versions': { readonly answer: VersionList };
}
