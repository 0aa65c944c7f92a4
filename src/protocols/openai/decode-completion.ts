import { type GenerationParameters, type Prompt, withoutUndefined } from '../../core/index.js';
import { NUMBER_LIMITS, textPrompt, tokensPrompt } from '../../generation/index.js';
import type { Fields } from '../shared/generation/fields.js';
import { readAskedFormat } from './decode-format.js';
import { type AnswerRequest, finite, readGeneration, readMaxTokens } from './decode-sampling.js';

/** A request for completions of texts. */
export interface CompletionRequest extends AnswerRequest {
  readonly model: string;
  /** The prompts. */
  readonly prompts: readonly Prompt[];
  readonly logprobs: boolean;
  /** The field that says which form the answer has. */
  readonly formatPlace: string;
  /** Answers to each prompt that are generated, of which the `n` most probable are given. */
  readonly bestOf: number;
}

/** OpenAI's own. */
const DEFAULT_TOKENS = 16;
const MAX_PROMPTS = 128;
const MAX_BEST_OF = 128;
const PROMPT_FORM = `a text, a list of tokens, or a list of up to ${MAX_PROMPTS} of them`;

/** Reads `POST /v1/completions`. Throws `ParameterError`. */
export function decodeCompletion(fields: Fields): CompletionRequest {
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const prompts = readPrompts(fields);
  const generation = readGeneration(fields);
  const maxTokens = readMaxTokens(fields, ['max_tokens', 'n_predict'], 0) ?? DEFAULT_TOKENS;
  const logprobs = fields.integer('logprobs', NUMBER_LIMITS.logprobs);
  const echo = fields.boolean('echo') ?? false;
  const suffix = readSuffix(fields, prompts, echo);
  const { format, place: formatPlace } = readAskedFormat(fields);
  const { n, stream } = generation;
  const bestOf = fields.integer('best_of', { least: n, most: MAX_BEST_OF }) ?? n;
  if (bestOf > n && stream) fields.refuse('best_of', `to be what 'n' is (${n}) in a stream`);
  fields.hint(['store'], false);
  fields.end();
  return {
    ...generation,
    model,
    prompts,
    bestOf,
    formatPlace,
    logprobs: logprobs !== undefined,
    parameters: {
      ...generation.parameters,
      ...withoutUndefined<GenerationParameters>({
        maxTokens: finite(maxTokens),
        // Answers are ranked by them.
        logprobs: logprobs ?? (bestOf > n ? 0 : undefined),
        promptLogprobs: echo ? logprobs : undefined,
        echo: echo || undefined,
        suffix,
        responseFormat: format,
      }),
    },
  };
}

/** undefined = the answer just goes on with the prompt, as it does with an empty suffix. */
function readSuffix(fields: Fields, prompts: readonly Prompt[], echo: boolean): string | undefined {
  const suffix = fields.string('suffix') || undefined;
  if (suffix === undefined) return undefined;
  if (echo) fields.refuse('suffix', "to be left out where 'echo' is true");
  if (prompts.some(({ kind }) => kind !== 'text')) fields.refuse('suffix', 'to be left out where the prompt is tokens');
  return suffix;
}

/** A text, its tokens, or a list of either. */
function readPrompts(fields: Fields): readonly Prompt[] {
  const value = fields.any('prompt');
  const list: readonly unknown[] = Array.isArray(value) && !isTokens(value) ? value : [value];
  if (list.length > MAX_PROMPTS) fields.refuse('prompt', PROMPT_FORM);
  const prompts = list.flatMap((prompt): readonly Prompt[] => {
    if (typeof prompt === 'string') return [textPrompt(prompt)];
    return isTokens(prompt) ? [tokensPrompt(prompt)] : [];
  });
  if (prompts.length === list.length && list.length > 0) return prompts;
  return fields.refuse('prompt', PROMPT_FORM);
}

/** At least one, as an empty list is no prompt. */
export function isTokens(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((token) => Number.isInteger(token) && token >= 0 && token < 2 ** 31)
  );
}
