import type { TObject } from '@sinclair/typebox';
import type { Datatype, ModelTask } from '../core/index.js';
import type { LoadSpec } from './contract.js';
import type { Placement } from './instance.js';
import type { TritonMapping } from './triton-mapping.js';

/** A runtime's section of a model's configuration (`onnx:`, `echo:` …). */
export type RuntimeOptions = Readonly<Record<string, unknown>>;

/**
 * All that the rest of the server knows of a runtime: a plain value, cheap to import. What executes models is imported
 * only where a model is loaded, be it in a runner process.
 */
export interface RuntimeManifest<Options extends RuntimeOptions = RuntimeOptions> {
  /** As in `runtime: <name>` of a model's configuration, where it is also the key of the runtime's section. */
  readonly name: string;
  /** Contract version that the runtime implements, as a literal number: do not import {@link CONTRACT_VERSION}. */
  readonly contractVersion: typeof CONTRACT_VERSION;
  /** What its models may be asked for besides inference. Default: nothing. */
  readonly tasks?: readonly ModelTask[];
  /** Its models have preparers (`Runtime.loadPreparer`); for runtimes whose models all have a task. Default: no. */
  readonly prepares?: boolean;
  /** The files that it takes; undefined = its models need none. */
  readonly files?: RuntimeFiles;
  /**
   * Schema of its section, with a description and a default for every key; undefined = it has no section. A load request may set the
   * keys with `'x-load-request': true` only.
   */
  readonly options?: TObject;
  /** The setting of the server that names the folder of its native libraries; of millrace's own runtimes only. */
  readonly librarySetting?: 'llamaLibrary';
  /** Where its instances may run, the default first; undefined = in a process, the default, or inline. */
  readonly placements?: readonly PlacementKind[];
  /** Why not elsewhere: a sentence that goes on with what to set. */
  readonly placementReason?: string;
  /** Flags of Node for the runner process of one instance (`NODE_OPTIONS`). Runners that models share have none. */
  readonly nodeOptions?: string;
  /** Environment variables of that process, besides those that it gets anyway. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Niceness of that process, from 0 to 19, for runtimes whose batches take long: where processors are short, the server and models that answer
   * within a millisecond go first. Default: 0.
   */
  readonly niceness?: number;
  readonly triton?: TritonMapping<Options>;
  /** Module that exports `createRuntime(context)`; undefined = one of millrace's own. */
  readonly module?: URL;
  /**
   * Most resident bytes that an instance needs, besides the process itself: the limit of its runner follows it where none is set. Runs in the
   * server. Default: three times the model's files.
   */
  estimateMemory?(model: Pick<LoadSpec, 'path' | 'sizeBytes' | 'options'>): Promise<number>;
  /** Defaults of its section that depend on the rest of the configuration. */
  optionDefaults?(config: ConfiguredModel): Partial<Options>;
  /** The first contradiction in a configuration that names this runtime or has its section (`options`); undefined = none. */
  configProblem?(config: ConfiguredModel, options: Options | undefined): string | undefined;
  /**
   * The models that a model is made of. A runtime with this lives in the server and waits for them there: its models have no
   * instances, batches or response cache of their own, and are recognised by the section alone.
   */
  composes?(options: Options): readonly ComposingModel[];
}

/**
 * The version of the contract between the server and runtimes (`RuntimeManifest`, `Runtime`). It changes when a runtime that was written for it
 * would no longer work; a runtime of another version is refused.
 */
export const CONTRACT_VERSION = 1;

export type PlacementKind = Placement['kind'];

/** Which files are models of a runtime. */
export interface RuntimeFiles {
  /** Endings, with the dot. */
  readonly endings: readonly string[];
  /**
   * Names by which a version folder holds a model, in order of preference; undefined = every file with one of the endings at
   * the top of the folder is one, `model` + ending before others, and so is such a file in the repository itself.
   */
  readonly names?: readonly string[];
  /** What such a file is called in messages. Default: `model file`. */
  readonly noun?: string;
  /** They also lie beside models of other runtimes: files that those take come first. Default: no. */
  readonly yields?: boolean;
  /** They are programs, so none is taken over the network. */
  readonly code?: boolean;
}

/** A model that another one is made of. */
export interface ComposingModel {
  readonly model: string;
  /** undefined = the version policy chooses. */
  readonly version?: number;
  /** By the names of the model's tensors, those of the model that it is part of. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** What a manifest may know of a model's configuration, as it was written. */
export interface ConfiguredModel {
  readonly runtime?: string;
  readonly inputs?: readonly ConfiguredTensor[];
  readonly outputs?: readonly ConfiguredTensor[];
  readonly batching?: { readonly enabled?: boolean | 'auto' };
  readonly instances?: { readonly kind?: 'auto' | 'cpu' | 'gpu' };
  readonly warmup?: readonly unknown[];
}

export interface ConfiguredTensor {
  readonly name: string;
  readonly datatype?: Datatype;
  readonly shape?: readonly number[];
}

const ANYWHERE: readonly PlacementKind[] = ['process', 'inline'];

/** Where instances run whose model does not say. */
export function defaultPlacement({ placements = ANYWHERE }: RuntimeManifest): PlacementKind {
  return placements[0] ?? 'process';
}

/** Why instances do not run there; undefined where they do. */
export function placementProblem(manifest: RuntimeManifest, placement: PlacementKind): string | undefined {
  const { name, placements = ANYWHERE, placementReason } = manifest;
  if (placements.includes(placement)) return undefined;
  const where = placement === 'inline' ? 'inline' : 'in a process';
  const reason = placementReason ?? `runtime '${name}' does not run ${where}`;
  return `${reason}; set instances.placement to ${defaultPlacement(manifest)}`;
}
