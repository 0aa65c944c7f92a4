import type { PageQuery } from './endpoint.js';
import type { BatchingReport, InstanceReport, MemoryNeed, VersionState } from './versions.js';

/** An input or output of a model, as clients see it. */
export interface ModelTensor {
  readonly name: string;
  /** The Open Inference Protocol's: `FP32`, `BYTES`. */
  readonly datatype: string;
  /** With the dimension of the batch; -1 where any size is accepted. */
  readonly shape: readonly number[];
  /** Requests may leave it out; missing: they may not. */
  readonly optional?: true;
}

/** What a model that generates text takes, and how it answers requests that say nothing. */
export interface ModelGeneration {
  /** Tokens of a prompt and its answer together. */
  readonly context_tokens: number;
  /** Most tokens of an answer whose request sets no limit. */
  readonly max_output_tokens: number;
  /** It takes conversations, too. */
  readonly chat: boolean;
  /** Values of the parameters that a request leaves out. */
  readonly sampling: {
    readonly temperature: number;
    readonly top_p: number;
    readonly top_k: number;
    readonly min_p: number;
    readonly frequency_penalty: number;
    readonly presence_penalty: number;
    readonly repetition_penalty: number;
  };
}

/** What is loaded of a version. */
export interface LoadedModel {
  /** Name of its runtime. */
  readonly runtime: string;
  /** What requests may ask of it. */
  readonly tasks: readonly ('infer' | 'generate' | 'embed' | 'sparse' | 'rank' | 'classify' | 'tokenClassify')[];
  readonly inputs: readonly ModelTensor[];
  readonly outputs: readonly ModelTensor[];
  /** Rows of a request; 0 = the model has no dimension for a batch. */
  readonly max_batch_size: number;
  /** Any number of answers to a request. */
  readonly decoupled: boolean;
  /** Requests come in sequences. */
  readonly sequences: boolean;
  /** In processes of its own, or in the server's. */
  readonly placement: 'process' | 'inline';
  /** SHA-256 over its files and its configuration. */
  readonly digest: string;
  readonly size_bytes: number;
  readonly load_ms: number;
  readonly batching: BatchingReport;
  /** Missing unless it generates text. */
  readonly generation?: ModelGeneration;
}

/** What a version does at this moment. */
export interface ModelActivity {
  readonly queued_requests: number;
  readonly queued_bytes: number;
  readonly executing_requests: number;
  readonly active_sequences: number;
  readonly waiting_sequences: number;
  readonly instances: readonly ModelInstance[];
  /** Renders and tokenises prompts before they are queued. Missing where the model has none. */
  readonly preparer?: ModelInstance;
}

/** One of the instances that compute for a version, or its preparer, and its process. */
export interface ModelInstance extends InstanceReport {
  /** Missing in the server itself, and while the runner is down. */
  readonly pid?: number;
}

export interface ModelVersion {
  readonly version: number;
  readonly state: VersionState;
  /** Why it is in that state, where there is anything to say. */
  readonly reason?: string;
  /** Missing unless it is loaded. */
  readonly loaded?: LoadedModel;
  /** Missing unless it is loaded, and for callers without the right `model.observe`. */
  readonly activity?: ModelActivity;
  /** Missing where the model lives in the server itself, and for callers without the right `model.observe`. */
  readonly memory?: MemoryNeed;
}

/** A model of the catalog. */
export interface Model {
  readonly name: string;
  /** Further names under which callers may ask for it. */
  readonly aliases: readonly string[];
  /** Versions by label. */
  readonly labels: Readonly<Record<string, number>>;
  readonly versions: readonly ModelVersion[];
}

export interface ModelPage {
  readonly models: readonly Model[];
  /** `after` of the next page; missing on the last one. */
  readonly next?: string;
}

export interface ModelEndpoints {
  'GET /models': { readonly query: PageQuery; readonly answer: ModelPage };
  'GET /models/{model}': { readonly answer: Model };
}
