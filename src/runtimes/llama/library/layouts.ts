/**
 * The parameter structs of llama.cpp's C API. They change between its versions, and no header comes with a library: a layout is right
 * when the defaults that the library returns decode to the values that its documentation gives.
 */
export interface StructLayout {
  /** Types of koffi by field, in the order in which they lie in memory. */
  readonly fields: Readonly<Record<string, string>>;
  /** Defaults by field, as llama.cpp documents them. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

export type StructKind = 'model' | 'context';

/** Behind each struct, for fields that a later version appends: the library then writes into memory of ours. */
export const SPARE_BYTES = 128;

const MODEL_DEFAULTS = {
  n_gpu_layers: -1,
  split_mode: 1,
  load_mode: -1,
  main_gpu: 0,
  tensor_split: null,
  progress_callback: null,
  kv_overrides: null,
  vocab_only: false,
  use_extra_bufts: true,
  no_alloc: false,
};

const MODEL_HEAD = {
  devices: 'void *',
  tensor_buft_overrides: 'void *',
  n_gpu_layers: 'int32',
  split_mode: 'int32',
  load_mode: 'int32',
};

const MODEL_TAIL = {
  main_gpu: 'int32',
  tensor_split: 'void *',
  progress_callback: 'void *',
  progress_callback_user_data: 'void *',
  kv_overrides: 'void *',
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
};

const CONTEXT: StructLayout = {
  fields: {
    n_ctx: 'uint32',
    n_batch: 'uint32',
    n_ubatch: 'uint32',
    n_seq_max: 'uint32',
    n_rs_seq: 'uint32',
    n_outputs_max: 'uint32',
    n_outputs_max_per_seq: 'uint32',
    n_threads: 'int32',
    n_threads_batch: 'int32',
    ctx_type: 'int32',
    rope_scaling_type: 'int32',
    pooling_type: 'int32',
    attention_type: 'int32',
    flash_attn_type: 'int32',
    rope_freq_base: 'float',
    rope_freq_scale: 'float',
    yarn_ext_factor: 'float',
    yarn_attn_factor: 'float',
    yarn_beta_fast: 'float',
    yarn_beta_slow: 'float',
    yarn_orig_ctx: 'uint32',
    defrag_thold: 'float',
    cb_eval: 'void *',
    cb_eval_user_data: 'void *',
    type_k: 'int32',
    type_v: 'int32',
    abort_callback: 'void *',
    abort_callback_data: 'void *',
    embeddings: 'bool',
    offload_kqv: 'bool',
    no_perf: 'bool',
    op_offload: 'bool',
    swa_full: 'bool',
    kv_unified: 'bool',
    samplers: 'void *',
    n_samplers: 'size_t',
    ctx_other: 'void *',
  },
  defaults: {
    n_ctx: 512,
    n_batch: 2048,
    n_ubatch: 512,
    n_seq_max: 1,
    n_outputs_max_per_seq: 1,
    rope_scaling_type: -1,
    pooling_type: -1,
    attention_type: -1,
    flash_attn_type: -1,
    yarn_ext_factor: -1,
    defrag_thold: -1,
    cb_eval: null,
    type_k: 1,
    type_v: 1,
    abort_callback: null,
    embeddings: false,
    offload_kqv: true,
    no_perf: true,
    op_offload: true,
    swa_full: true,
    kv_unified: false,
    samplers: null,
    n_samplers: 0,
    ctx_other: null,
  },
};

/** Known layouts of each struct, the latest first. */
export const LAYOUTS: Readonly<Record<StructKind, readonly StructLayout[]>> = {
  model: [
    { fields: { ...MODEL_HEAD, lazy_mode: 'int32', ...MODEL_TAIL }, defaults: MODEL_DEFAULTS },
    { fields: { ...MODEL_HEAD, ...MODEL_TAIL }, defaults: MODEL_DEFAULTS },
  ],
  context: [CONTEXT],
};

/** The first field that does not have its documented default, as `field = value`; undefined = the layout fits. */
export function findMismatch(
  { defaults }: StructLayout,
  returned: Readonly<Record<string, unknown>>,
): string | undefined {
  const field = Object.keys(defaults).find((name) => {
    const value = returned[name];
    return (typeof value === 'bigint' ? Number(value) : value) !== defaults[name];
  });
  return field === undefined ? undefined : `${field} = ${String(returned[field])}`;
}
