import { defined, type GenerationRequest, readGeneration, readMaxTokens } from './decode-sampling.js';
import { Fields } from './fields.js';
import { type TextInput, textInput, tokenInput } from './text-input.js';

/** A request for completions of texts. */
export interface CompletionRequest extends GenerationRequest {
  readonly model: string;
  /** The prompts. */
  readonly inputs: readonly TextInput[];
  readonly logprobs: boolean;
  /** Answers to each prompt that are generated, of which the `n` most probable are given. */
  readonly bestOf: number;
}

/** OpenAI's own. */
const DEFAULT_TOKENS = 16;
const MAX_PROMPTS = 128;
const MAX_BEST_OF = 128;
const PROMPT_FORM = `a text, a list of tokens, or a list of up to ${MAX_PROMPTS} of them`;

/** Reads the body of `POST /v1/completions`. Throws `ParameterError`. */
export function decodeCompletion(body: unknown): CompletionRequest {
  const fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const inputs = readPrompts(fields);
  const generation = readGeneration(fields);
  const maxTokens = readMaxTokens(fields, 'max_tokens', 0) ?? DEFAULT_TOKENS;
  const logprobs = fields.integer('logprobs', 0, 20);
  const echo = fields.boolean('echo') ?? false;
  const suffix = readSuffix(fields, inputs, echo);
  const { n, stream } = generation;
  const bestOf = fields.integer('best_of', n, MAX_BEST_OF) ?? n;
  if (bestOf > n && stream) fields.refuse('best_of', `to be what 'n' is (${n}) in a stream`);
  fields.end();
  return {
    ...generation,
    model,
    inputs,
    bestOf,
    logprobs: logprobs !== undefined,
    parameters: {
      ...generation.parameters,
      ...defined({
        max_tokens: maxTokens,
        // Answers are ranked by them.
        logprobs: logprobs ?? (bestOf > n ? 0 : undefined),
        prompt_logprobs: echo ? logprobs : undefined,
        echo: echo || undefined,
        suffix,
      }),
    },
  };
}

/** undefined = the answer just goes on with the prompt, as it does with an empty suffix. */
function readSuffix(fields: Fields, prompts: readonly TextInput[], echo: boolean): string | undefined {
  const suffix = fields.string('suffix') || undefined;
  if (suffix === undefined) return undefined;
  if (echo) fields.refuse('suffix', "to be left out where 'echo' is true");
  if (prompts.some(({ name }) => name !== 'text_input'))
    fields.refuse('suffix', 'to be left out where the prompt is tokens');
  return suffix;
}

/** A text, its tokens, or a list of either. */
function readPrompts(fields: Fields): readonly TextInput[] {
  const value = fields.any('prompt');
  const list: readonly unknown[] = Array.isArray(value) && !isTokens(value) ? value : [value];
  if (list.length > MAX_PROMPTS) fields.refuse('prompt', PROMPT_FORM);
  const prompts = list.flatMap((prompt): readonly TextInput[] => {
    if (typeof prompt === 'string') return [textInput('text_input', prompt)];
    return isTokens(prompt) ? [tokenInput(prompt)] : [];
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
