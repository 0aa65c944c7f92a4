import { defined, type GenerationRequest, readGeneration, readMaxTokens } from './decode-sampling.js';
import { Fields } from './fields.js';

/** A request for completions of texts. */
export interface CompletionRequest extends GenerationRequest {
  readonly model: string;
  readonly prompts: readonly string[];
  /** Answers begin with their prompt. */
  readonly echo: boolean;
  readonly logprobs: boolean;
}

/** OpenAI's own. */
const DEFAULT_TOKENS = 16;
const MAX_PROMPTS = 128;

/** Reads the body of `POST /v1/completions`. Throws `ParameterError`. */
export function decodeCompletion(body: unknown): CompletionRequest {
  const fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const prompts = readPrompts(fields);
  const generation = readGeneration(fields);
  const maxTokens = readMaxTokens(fields, 'max_tokens', 1) ?? DEFAULT_TOKENS;
  const logprobs = fields.integer('logprobs', 0, 20);
  const echo = fields.boolean('echo') ?? false;
  if (echo && logprobs !== undefined)
    fields.refuse('logprobs', "to be left out where 'echo' is true: probabilities of prompts are not told");
  const bestOf = fields.integer('best_of', 1, Number.MAX_SAFE_INTEGER) ?? generation.n;
  if (bestOf !== generation.n)
    fields.refuse('best_of', `to be what 'n' is (${generation.n}): answers are not ranked here`);
  fields.unsupported('suffix', '');
  fields.end();
  return {
    ...generation,
    model,
    prompts,
    echo,
    logprobs: logprobs !== undefined,
    parameters: { ...generation.parameters, ...defined({ max_tokens: maxTokens, logprobs }) },
  };
}

function readPrompts(fields: Fields): readonly string[] {
  const value = fields.any('prompt');
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.length <= MAX_PROMPTS && list.every((prompt) => typeof prompt === 'string')) {
    return list as readonly string[];
  }
  return fields.refuse('prompt', `a text or a list of up to ${MAX_PROMPTS} texts`);
}
