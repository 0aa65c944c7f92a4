import type { Fields } from '../shared/generation/fields.js';

/** Labels, which clients put on requests for OpenAI's accounts, caches and statistics. They say nothing of the answer. */
export const LABELS = [
  ...['user', 'metadata', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'service_tier'],
] as const;
/** Of OpenAI, vLLM and llama.cpp: they change how an answer is made, or add to it, and the answer is as good without. */
export const HINTS = [
  ...['verbosity', 'moderation', 'prediction', 'priority', 'skip_special_tokens', 'spaces_between_special_tokens'],
  ...['cache_prompt', 'id_slot', 'slot_id', 'n_keep', 'n_discard', 'timings_per_token', 'return_progress'],
  ...['return_tokens', 'return_token_ids', 'request_id', 'guided_decoding_backend'],
] as const;
/** They change the answer, and are not done here: refused, unless with a value that asks for nothing. */
export const UNSUPPORTED: Readonly<Record<string, readonly unknown[]>> = {
  use_beam_search: [false],
  length_penalty: [1],
  bad_words: [[]],
  allowed_token_ids: [],
  include_stop_str_in_output: [false],
  logits_processors: [[]],
  prompt_logprobs: [],
  n_probs: [0],
  post_sampling_probs: [false],
  repeat_last_n: [-1],
  penalize_nl: [false],
  tfs_z: [1],
  top_n_sigma: [-1],
  dynatemp_range: [0],
  samplers: [],
  min_keep: [0],
  lora: [[]],
  t_max_predict_ms: [0, -1],
  include_reasoning: [true],
  guided_whitespace_pattern: [],
};

/** Takes labels, notes hints, and refuses what changes the answer and is not done here. */
export function readWithoutEffect(fields: Fields): void {
  fields.ignore(...LABELS);
  fields.hint(HINTS);
  for (const [name, harmless] of Object.entries(UNSUPPORTED)) fields.unsupported(name, ...harmless);
}
