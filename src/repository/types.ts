import type { RuntimeManifest } from '../runtimes/index.js';
import type { ModelConfig, VersionPolicy } from './model-config.js';

/** One version of a model as found on disk, ready to be loaded. Finding it has opened no model file. */
export interface ModelSource {
  readonly name: string;
  readonly version: number;
  /** Absolute path of the repository it was found in, for people and for `/v2/repository/{repo}/…`. */
  readonly repository: string;
  /** Folder that relative files of the configuration (labels, warm-up data) are resolved against. */
  readonly modelFolder: string;
  /** Absolute path of the model file; for runtimes without one, of the version folder. */
  readonly path: string;
  /** Of all files of the version together. */
  readonly sizeBytes: number;
  /** Name of its runtime, such as `onnx`. */
  readonly runtime: string;
  /** What is known of that. */
  readonly manifest: RuntimeManifest;
  readonly config: ModelConfig;
  /** By label of a version, where it is written: `fraud/model.yaml:3:11`; none where there are no labels. */
  readonly labelPlaces?: Readonly<Record<string, string>>;
  /** Labels by output name, read from the files that the configuration names. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** SHA-256 (hex) over the version's files in order of name, and over the configuration. */
  readonly digest: string;
  /** Changes whenever a file of the version or its configuration changes; cheap, from sizes and times. */
  readonly fingerprint: string;
  /** The path or URL by which it was asked for, as it was given; undefined = it was found by its name. */
  readonly from?: string;
}

/** A model, or one version of it, that cannot be loaded, and why (file, line and column where known). */
export interface ModelProblem {
  readonly name: string;
  readonly version: number | undefined;
  readonly repository: string;
  readonly reason: string;
}

/** A version whose files were written a moment ago, so that they may be half-copied: neither new nor gone. */
export interface UnsettledVersion {
  readonly name: string;
  readonly version: number;
  /** How long it must stay unchanged before the next scan considers it complete. */
  readonly settlesInMs: number;
}

/** A version that is on disk, but that the model's version policy does not select and that has no label. */
export interface UnselectedVersion {
  readonly name: string;
  readonly version: number;
  /** In words: `the latest version`. */
  readonly policy: string;
}

/** What people should know about a repository as a whole: missing, empty, a model hidden by its namesake elsewhere. */
export interface RepositoryNotice {
  readonly repository: string;
  readonly message: string;
}

/** A repository of which a scan cannot tell what it holds: that it found no model there does not mean that there is none. */
export interface UnlistedRepository {
  readonly repository: string;
  /** A sentence that names it. */
  readonly reason: string;
}

/** What a scan of the repositories found. */
export interface RepositoryScan {
  /** Versions that the version policies select, in order of name, then version. */
  readonly sources: readonly ModelSource[];
  readonly problems: readonly ModelProblem[];
  /** Selected versions that cannot be judged yet; scan again in a moment, or use `scanSettled`. */
  readonly unsettled: readonly UnsettledVersion[];
  readonly unselected: readonly UnselectedVersion[];
  readonly notices: readonly RepositoryNotice[];
  readonly unlisted: readonly UnlistedRepository[];
  /** Every model name met, loadable or not. */
  readonly names: readonly string[];
}

/** Which versions of a model are served, and their labels, where whoever lists the model says so: in place of its configuration's. */
export interface VersionChoice {
  readonly versions?: VersionPolicy;
  readonly labels?: Readonly<Record<string, number>>;
  /** Where each label is written, `FILE:LINE:COLUMN`; default: in a list that no file holds. */
  readonly labelPlaces?: Readonly<Record<string, string>>;
}

/** Options of one scan. */
export interface ScanOptions {
  /** Only this model; undefined = all. */
  readonly name?: string;
  /** Only the repository with this path or folder name; undefined = all. */
  readonly repository?: string;
  /**
   * The model of `name` is the one that lies there, whatever its folder or file is called: an absolute path, one relative to a
   * repository, or a `file:` URL. It must lie inside a repository.
   */
  readonly from?: string;
  /** What of that model is served. Default: what its configuration says. */
  readonly choice?: VersionChoice;
  /** Configuration that replaces the one on disk (Triton's load with `config`): Triton JSON or our own shape. */
  readonly configOverride?: string;
  /** When that was given, milliseconds of the wall clock: a configuration file written later counts instead. Default: now. */
  readonly configOverrideAt?: number;
  /** Files that replace those on disk (Triton's `file:<version>/<name>`), by that path. */
  readonly fileOverrides?: ReadonlyMap<string, Uint8Array>;
}

/** Where a model lies, or would lie that comes. */
export interface ModelPlace {
  readonly name: string;
  /** Absolute, as are folders. */
  readonly repository: string;
  readonly folder: string;
  readonly isThere: boolean;
  /** What its configuration says of where it comes from; undefined = nothing. */
  readonly source: string | undefined;
  /** It has a source, and no version of it has anything yet. */
  readonly lacksFiles: boolean;
}

/** Where models come from. Implementations: folders (here); object stores and registries later. */
export interface Repository {
  scan(options?: ScanOptions): Promise<RepositoryScan>;
  /**
   * Where a model lies, or where one of this name would be put: in the first repository that is a folder, or the one with that path or
   * folder name. Rejects with `not_found` where there is no such repository, `failed_precondition` where none of them is a folder,
   * `invalid_argument` where no model can have the name or its configuration cannot be read.
   */
  locate(name: string, repository?: string): Promise<ModelPlace>;
  /** Removes the temporary files behind a source that was scanned with overrides; nothing happens for any other. */
  discard(source: ModelSource): Promise<void>;
  /** Removes every temporary file. */
  close(): Promise<void>;
}
