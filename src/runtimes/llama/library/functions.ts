import type { KoffiFunc } from 'koffi';

/** An address in native memory; null = C's NULL. */
export type Pointer = bigint | null;

/** Value of a struct of parameters, by field. */
export type Params = Readonly<Record<string, unknown>>;

/** The functions of llama.cpp that are used, with their C prototypes; `$model` and `$context` are the structs of parameters. */
export const PROTOTYPES: Readonly<Record<keyof Functions, string>> = {
  llama_backend_init: 'void llama_backend_init()',
  llama_log_set: 'void llama_log_set(void *callback, void *data)',
  llama_model_load_from_file: 'void *llama_model_load_from_file(str path, $model params)',
  llama_model_free: 'void llama_model_free(void *model)',
  llama_model_get_vocab: 'void *llama_model_get_vocab(void *model)',
  llama_model_n_ctx_train: 'int32 llama_model_n_ctx_train(void *model)',
  llama_model_has_encoder: 'bool llama_model_has_encoder(void *model)',
  llama_model_has_decoder: 'bool llama_model_has_decoder(void *model)',
  llama_model_chat_template: 'str llama_model_chat_template(void *model, str name)',
  llama_model_n_embd_out: 'int32 llama_model_n_embd_out(void *model)',
  llama_model_n_cls_out: 'uint32 llama_model_n_cls_out(void *model)',
  llama_model_cls_label: 'str llama_model_cls_label(void *model, uint32 index)',
  llama_vocab_n_tokens: 'int32 llama_vocab_n_tokens(void *vocabulary)',
  llama_vocab_is_eog: 'bool llama_vocab_is_eog(void *vocabulary, int32 token)',
  llama_vocab_is_control: 'bool llama_vocab_is_control(void *vocabulary, int32 token)',
  llama_vocab_bos: 'int32 llama_vocab_bos(void *vocabulary)',
  llama_vocab_eos: 'int32 llama_vocab_eos(void *vocabulary)',
  llama_vocab_sep: 'int32 llama_vocab_sep(void *vocabulary)',
  llama_vocab_get_add_bos: 'bool llama_vocab_get_add_bos(void *vocabulary)',
  llama_vocab_get_add_eos: 'bool llama_vocab_get_add_eos(void *vocabulary)',
  llama_vocab_get_add_sep: 'bool llama_vocab_get_add_sep(void *vocabulary)',
  llama_vocab_fim_pre: 'int32 llama_vocab_fim_pre(void *vocabulary)',
  llama_vocab_fim_suf: 'int32 llama_vocab_fim_suf(void *vocabulary)',
  llama_vocab_fim_mid: 'int32 llama_vocab_fim_mid(void *vocabulary)',
  llama_tokenize:
    'int32 llama_tokenize(void *vocabulary, void *text, int32 size, void *tokens, int32 room, bool add_special, bool parse_special)',
  llama_detokenize:
    'int32 llama_detokenize(void *vocabulary, void *tokens, int32 count, void *buffer, int32 size, bool remove_special, bool unparse_special)',
  llama_token_to_piece:
    'int32 llama_token_to_piece(void *vocabulary, int32 token, void *buffer, int32 size, int32 lstrip, bool special)',
  llama_init_from_model: 'void *llama_init_from_model(void *model, $context params)',
  llama_free: 'void llama_free(void *context)',
  llama_get_memory: 'void *llama_get_memory(void *context)',
  llama_set_abort_callback: 'void llama_set_abort_callback(void *context, void *callback, void *data)',
  llama_attach_threadpool: 'void llama_attach_threadpool(void *context, void *pool, void *batch_pool)',
  llama_batch_init: 'llama_batch llama_batch_init(int32 tokens, int32 embeddings, int32 sequences)',
  llama_batch_free: 'void llama_batch_free(llama_batch batch)',
  llama_decode: 'int32 llama_decode(void *context, llama_batch batch)',
  llama_get_embeddings_seq: 'void *llama_get_embeddings_seq(void *context, int32 sequence)',
  llama_get_logits_ith: 'void *llama_get_logits_ith(void *context, int32 index)',
  llama_memory_clear: 'void llama_memory_clear(void *memory, bool data)',
  llama_memory_seq_rm: 'bool llama_memory_seq_rm(void *memory, int32 sequence, int32 from, int32 to)',
  llama_memory_seq_cp: 'void llama_memory_seq_cp(void *memory, int32 source, int32 target, int32 from, int32 to)',
  llama_sampler_chain_init: 'void *llama_sampler_chain_init(llama_chain_params params)',
  llama_sampler_chain_add: 'void llama_sampler_chain_add(void *chain, void *sampler)',
  llama_sampler_free: 'void llama_sampler_free(void *sampler)',
  llama_sampler_sample: 'int32 llama_sampler_sample(void *sampler, void *context, int32 index)',
  llama_sampler_init_greedy: 'void *llama_sampler_init_greedy()',
  llama_sampler_init_grammar: 'void *llama_sampler_init_grammar(void *vocabulary, str grammar, str root)',
  llama_sampler_apply: 'void llama_sampler_apply(void *sampler, void *candidates)',
  llama_sampler_accept: 'void llama_sampler_accept(void *sampler, int32 token)',
  llama_sampler_clone: 'void *llama_sampler_clone(void *sampler)',
  llama_sampler_init_dist: 'void *llama_sampler_init_dist(uint32 seed)',
  llama_sampler_init_top_k: 'void *llama_sampler_init_top_k(int32 k)',
  llama_sampler_init_top_p: 'void *llama_sampler_init_top_p(float p, size_t keep)',
  llama_sampler_init_min_p: 'void *llama_sampler_init_min_p(float p, size_t keep)',
  llama_sampler_init_typical: 'void *llama_sampler_init_typical(float p, size_t keep)',
  llama_sampler_init_xtc: 'void *llama_sampler_init_xtc(float p, float threshold, size_t keep, uint32 seed)',
  llama_sampler_init_mirostat:
    'void *llama_sampler_init_mirostat(int32 vocabulary, uint32 seed, float tau, float eta, int32 m)',
  llama_sampler_init_mirostat_v2: 'void *llama_sampler_init_mirostat_v2(uint32 seed, float tau, float eta)',
  llama_sampler_init_temp: 'void *llama_sampler_init_temp(float temperature)',
};

interface Functions {
  llama_backend_init(): void;
  llama_log_set(callback: Pointer, data: Pointer): void;
  llama_model_load_from_file(path: string, params: Params): Pointer;
  llama_model_free(model: Pointer): void;
  llama_model_get_vocab(model: Pointer): Pointer;
  llama_model_n_ctx_train(model: Pointer): number;
  llama_model_has_encoder(model: Pointer): boolean;
  llama_model_has_decoder(model: Pointer): boolean;
  llama_model_chat_template(model: Pointer, name: string | null): string | null;
  llama_model_n_embd_out(model: Pointer): number;
  llama_model_n_cls_out(model: Pointer): number;
  llama_model_cls_label(model: Pointer, index: number): string | null;
  llama_vocab_n_tokens(vocabulary: Pointer): number;
  llama_vocab_is_eog(vocabulary: Pointer, token: number): boolean;
  llama_vocab_is_control(vocabulary: Pointer, token: number): boolean;
  llama_vocab_bos(vocabulary: Pointer): number;
  llama_vocab_eos(vocabulary: Pointer): number;
  llama_vocab_sep(vocabulary: Pointer): number;
  llama_vocab_get_add_bos(vocabulary: Pointer): boolean;
  llama_vocab_get_add_eos(vocabulary: Pointer): boolean;
  llama_vocab_get_add_sep(vocabulary: Pointer): boolean;
  llama_vocab_fim_pre(vocabulary: Pointer): number;
  llama_vocab_fim_suf(vocabulary: Pointer): number;
  llama_vocab_fim_mid(vocabulary: Pointer): number;
  llama_tokenize(
    vocabulary: Pointer,
    text: Uint8Array,
    size: number,
    tokens: Int32Array,
    room: number,
    addSpecial: boolean,
    parseSpecial: boolean,
  ): number;
  llama_detokenize(
    vocabulary: Pointer,
    tokens: Int32Array,
    count: number,
    buffer: Uint8Array,
    size: number,
    removeSpecial: boolean,
    unparseSpecial: boolean,
  ): number;
  llama_token_to_piece(
    vocabulary: Pointer,
    token: number,
    buffer: Uint8Array,
    size: number,
    lstrip: number,
    special: boolean,
  ): number;
  llama_init_from_model(model: Pointer, params: Params): Pointer;
  llama_free(context: Pointer): void;
  llama_get_memory(context: Pointer): Pointer;
  llama_set_abort_callback(context: Pointer, callback: Pointer, data: Pointer): void;
  llama_attach_threadpool(context: Pointer, pool: Pointer, batchPool: Pointer): void;
  llama_batch_init(tokens: number, embeddings: number, sequences: number): NativeBatch;
  llama_batch_free(batch: NativeBatch): void;
  llama_decode(context: Pointer, batch: NativeBatch): number;
  llama_get_embeddings_seq(context: Pointer, sequence: number): Pointer;
  llama_get_logits_ith(context: Pointer, index: number): Pointer;
  llama_memory_clear(memory: Pointer, data: boolean): void;
  llama_memory_seq_rm(memory: Pointer, sequence: number, from: number, to: number): boolean;
  llama_memory_seq_cp(memory: Pointer, source: number, target: number, from: number, to: number): void;
  llama_sampler_chain_init(params: { readonly no_perf: boolean }): Pointer;
  llama_sampler_chain_add(chain: Pointer, sampler: Pointer): void;
  llama_sampler_free(sampler: Pointer): void;
  llama_sampler_sample(sampler: Pointer, context: Pointer, index: number): number;
  llama_sampler_init_greedy(): Pointer;
  llama_sampler_init_grammar(vocabulary: Pointer, grammar: string, root: string): Pointer;
  llama_sampler_apply(sampler: Pointer, candidates: Pointer): void;
  llama_sampler_accept(sampler: Pointer, token: number): void;
  llama_sampler_clone(sampler: Pointer): Pointer;
  llama_sampler_init_dist(seed: number): Pointer;
  llama_sampler_init_top_k(k: number): Pointer;
  llama_sampler_init_top_p(p: number, keep: number): Pointer;
  llama_sampler_init_min_p(p: number, keep: number): Pointer;
  llama_sampler_init_typical(p: number, keep: number): Pointer;
  llama_sampler_init_xtc(p: number, threshold: number, keep: number, seed: number): Pointer;
  llama_sampler_init_mirostat(vocabulary: number, seed: number, tau: number, eta: number, m: number): Pointer;
  llama_sampler_init_mirostat_v2(seed: number, tau: number, eta: number): Pointer;
  llama_sampler_init_temp(temperature: number): Pointer;
}

export type LlamaFunctions = { readonly [Name in keyof Functions]: KoffiFunc<Functions[Name]> };

/** `llama_batch`: how many tokens, and where they lie; of each the text, the place, the sequences and whether logits are wanted. */
export interface NativeBatch {
  n_tokens: number;
  readonly token: Pointer;
  readonly embd: Pointer;
  readonly pos: Pointer;
  readonly n_seq_id: Pointer;
  readonly seq_id: Pointer;
  readonly logits: Pointer;
}
