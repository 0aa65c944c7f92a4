import {
  type GenerationParameters,
  isObject,
  type Prompt,
  type ResponseFormat,
  withoutUndefined,
} from '../../core/index.js';
import {
  conversationPrompt,
  NUMBER_LIMITS,
  REASONING_EFFORTS,
  type ReasoningEffort,
  type Tool,
} from '../../generation/index.js';
import { Fields } from '../shared/generation/fields.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import { nameResults } from '../shared/generation/text-message.js';
import { MAX_MESSAGES } from '../shared/text-body/limits.js';
import { readDescribedSchema, readFormat } from './decode-format.js';
import { refuseGuided } from './decode-guided.js';
import { finite, readMaxTokens } from './decode-sampling.js';
import { readTools } from './decode-tools.js';
import { type Item, itemsOfText, mergeTurns, readItem } from './response-items.js';
import { itemsUntil } from './stored-response.js';
import { readWithoutEffect } from './without-effect.js';

/** A request for a response. */
export interface ResponseRequest {
  readonly model: string;
  /** The conversation, with that before it. */
  readonly prompts: readonly Prompt[];
  /** JSON of the list of its items, to be stored. */
  readonly history: Uint8Array;
  readonly instructions: string | null;
  /** The response that this goes on from. */
  readonly previousId: string | undefined;
  /** `auto`: of what does not fit, the oldest turns are left out. */
  readonly truncation: Truncation;
  readonly stream: boolean;
  /** It is stored, and generated later. */
  readonly background: boolean;
  /** As of a chat completion. */
  readonly effortPlace: string | undefined;
  /** The answer is kept for those who go on from it. Default: wherever that can be. */
  readonly store: boolean | undefined;
  readonly parameters: GenerationParameters;
  /** What the response says of its request. */
  readonly settings: {
    readonly max_output_tokens: number | null;
    /** null = the model's default. */
    readonly temperature: number | null;
    readonly top_p: number | null;
    readonly top_logprobs: number;
    readonly metadata: object;
    readonly text: { readonly format: object };
    readonly tools: readonly object[];
    readonly tool_choice: unknown;
    readonly parallel_tool_calls: unknown;
    readonly reasoning: { readonly effort: string | null; readonly summary: null };
  };
}

/** Reads `POST /v1/responses`. `earlier`: the stored response that it goes on from. Throws `ParameterError`. */
export function decodeResponse(fields: Fields, earlier: Uint8Array | undefined): ResponseRequest {
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const said = readInput(fields, earlier);
  const { tools, parameters: use } = readTools(fields, 'flat');
  const effort = readEffort(fields);
  const truncation = readTruncation(fields);
  const maxTokens = finite(readMaxTokens(fields, ['max_output_tokens'], 1));
  const logprobs = readLogprobs(fields);
  const temperature = fields.number('temperature', NUMBER_LIMITS.temperature);
  const topP = fields.number('top_p', NUMBER_LIMITS.topP);
  const metadata = fields.any('metadata') ?? {};
  if (!isObject(metadata)) fields.refuse('metadata', 'an object');
  const { format, responseFormat } = readText(fields);
  const stream = fields.boolean('stream') ?? false;
  const store = fields.boolean('store');
  const background = fields.boolean('background') ?? false;
  if (background && store === false) fields.refuse('store', "true, as 'background' needs it");
  readWithoutEffect(fields);
  refuseGuided(fields);
  // Tools of OpenAI's own are not called here, and conversations are shortened by `truncation`.
  fields.hint(['max_tool_calls', 'context_management']);
  readStreamOptions(fields);
  fields.unsupported('prompt');
  refuseUnsupported(fields);
  fields.end();
  return {
    model,
    prompts: [conversationOf(said, { tools, effort })],
    history: Buffer.from(JSON.stringify(said.items.map(({ told }) => told))),
    instructions: said.instructions,
    previousId: said.previousId,
    stream,
    background,
    store,
    truncation,
    effortPlace: effort === undefined || effort === 'none' ? undefined : 'reasoning.effort',
    parameters: {
      ...use,
      ...parametersOf(truncation),
      ...withoutUndefined<GenerationParameters>({ maxTokens, temperature, topP, responseFormat, logprobs }),
    },
    settings: {
      max_output_tokens: maxTokens ?? null,
      temperature: temperature ?? null,
      top_p: topP ?? null,
      top_logprobs: logprobs ?? 0,
      metadata,
      text: { format },
      tools: tools.map(({ type, function: described }) => ({ type, ...described })),
      tool_choice: fields.any('tool_choice') ?? 'auto',
      parallel_tool_calls: fields.any('parallel_tool_calls') ?? true,
      reasoning: { effort: effort ?? null, summary: null },
    },
  };
}

/** A question for the tokens of the input of a response. */
export interface CountRequest {
  readonly model: string;
  readonly prompts: readonly Prompt[];
  /** What is said of tools, as some are left out of what the model reads. */
  readonly parameters: GenerationParameters;
}

/** Reads `POST /v1/responses/input_tokens`. Throws `ParameterError`. */
export function decodeCount(fields: Fields, earlier: Uint8Array | undefined): CountRequest {
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const said = readInput(fields, earlier);
  const { tools, parameters } = readTools(fields, 'flat');
  const effort = readEffort(fields);
  const truncation = readTruncation(fields);
  readText(fields);
  refuseUnsupported(fields);
  fields.end();
  const prompts = [conversationOf(said, { tools, effort })];
  return { model, prompts, parameters: { ...parameters, ...parametersOf(truncation), maxTokens: 0 } };
}

interface Said {
  readonly instructions: string | null;
  readonly previousId: string | undefined;
  /** All of them, those up to the earlier response first. */
  readonly items: readonly Item[];
}

function readInput(fields: Fields, earlier: Uint8Array | undefined): Said {
  const instructions = fields.string('instructions') ?? null;
  const previousId = fields.string('previous_response_id');
  const before = earlier === undefined ? [] : itemsUntil(earlier);
  const items = readItems(fields);
  const count = before.length + items.length;
  if (count > MAX_MESSAGES) {
    const expected = `expected at most ${MAX_MESSAGES} items with those up to 'previous_response_id'`;
    throw new ParameterError('input', `'input': ${expected}, got ${count}`);
  }
  const known = before.map((told) => ({ ...readItem(Fields.of(told, 'previous_response_id')), told }));
  return { instructions, previousId, items: [...known, ...items] };
}

function readItems(fields: Fields): readonly Item[] {
  const value = fields.any('input');
  if (typeof value === 'string') return itemsOfText(value);
  if (!Array.isArray(value) || value.length === 0) fields.refuse('input', 'a text or a list of at least one item');
  return value.map((item, index) => readItem(fields.inner(item, `input[${index}]`)));
}

interface Around {
  /** Those that may be called; empty = none. */
  readonly tools: readonly Tool[];
  /** How long the model is to think. */
  readonly effort: ReasoningEffort | undefined;
}

function conversationOf({ instructions, items }: Said, { tools, effort }: Around): Prompt {
  const system = instructions === null ? [] : [{ role: 'system', content: instructions }];
  const messages = nameResults(mergeTurns([...system, ...items.map(({ turn }) => turn)]));
  return conversationPrompt({
    messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
  });
}

function readEffort(fields: Fields): ReasoningEffort | undefined {
  const value = fields.any('reasoning');
  if (value === undefined) return undefined;
  const reasoning = fields.inner(value, 'reasoning');
  const effort = reasoning.choice('effort', REASONING_EFFORTS);
  reasoning.hint(['summary', 'generate_summary']);
  reasoning.end();
  return effort;
}

const LOGPROBS = 'message.output_text.logprobs';

/** Alternatives to each token; `include` asks for the probabilities, and for more that no answer here has. */
function readLogprobs(fields: Fields): number | undefined {
  const count = fields.integer('top_logprobs', NUMBER_LIMITS.logprobs);
  const include = fields.any('include') ?? [];
  if (!Array.isArray(include) || !include.every((each) => typeof each === 'string')) {
    return fields.refuse('include', 'a list of names');
  }
  if (include.some((name) => name !== LOGPROBS)) fields.hint(['include']);
  return count ?? (include.includes(LOGPROBS) ? 0 : undefined);
}

function readStreamOptions(fields: Fields): void {
  const value = fields.any('stream_options');
  if (value === undefined) return;
  const options = fields.inner(value, 'stream_options');
  options.boolean('include_obfuscation');
  options.end();
}

type Truncation = 'auto' | 'disabled';

function readTruncation(fields: Fields): Truncation {
  return fields.choice('truncation', ['auto', 'disabled']) ?? 'disabled';
}

function parametersOf(truncation: Truncation): GenerationParameters {
  return truncation === 'auto' ? { dropOldestTurns: true } : {};
}

/** What comes later, or never; values that ask for nothing are taken. */
function refuseUnsupported(fields: Fields): void {
  fields.unsupported('conversation');
}

/** The format of the answer: as the response echoes it, and as the model gets it. */
interface TextFormat {
  readonly format: object;
  readonly responseFormat: ResponseFormat | undefined;
}

function readText(fields: Fields): TextFormat {
  const value = fields.any('text');
  const plain = { format: { type: 'text' }, responseFormat: undefined };
  if (value === undefined) return plain;
  const text = fields.inner(value, 'text');
  const given = text.any('format');
  text.hint(['verbosity']);
  text.end();
  if (given === undefined) return plain;
  const responseFormat = readFormat(given, 'text.format', readDescribedSchema);
  const { type } = responseFormat ?? { type: 'text' };
  return { format: type === 'json_schema' ? (given as object) : { type }, responseFormat };
}
