import type { GenerationParameters, Prompt } from '../../core/index.js';
import { textPrompt, tokensPrompt } from '../../generation/index.js';
import { Fields, isObject } from '../shared/generation/fields.js';
import { decodeChat } from './decode-chat.js';
import { isTokens } from './decode-completion.js';

/** A question for the tokens of a text or a conversation, the text of tokens, or the prompt of a conversation. */
export interface TokenizeRequest {
  readonly model: string;
  readonly prompt: Prompt;
  readonly parameters: GenerationParameters;
  /** The server whose form the answer has. */
  readonly form: 'llama.cpp' | 'vLLM';
}

type Values = Readonly<Record<string, unknown>>;

/** Of vLLM's requests: what they have beside a chat completion, or a text. */
const VLLM_ONLY: ReadonlySet<string> = new Set([
  'add_special_tokens',
  'chat_template',
  'continue_final_message',
  'mm_processor_kwargs',
  'return_token_strs',
]);

/**
 * Reads the body of `POST /tokenize`: llama.cpp's with `content`, vLLM's with `prompt`, or with the `messages` of a chat completion. Throws
 * `ParameterError`.
 */
export function decodeTokenize(body: unknown): TokenizeRequest {
  const fields = Fields.of(body);
  if (isObject(body) && fields.any('messages') !== undefined) return decodeConversation(fields, body);
  const isVllm = fields.any('prompt') !== undefined;
  const [name, special] = isVllm ? (['prompt', 'add_special_tokens'] as const) : (['content', 'add_special'] as const);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const text = fields.string(name) ?? fields.refuse(name, 'a text');
  const addSpecial = fields.boolean(special) ?? isVllm;
  const parseSpecial = isVllm ? true : (fields.boolean('parse_special') ?? true);
  fields.unsupported(isVllm ? 'return_token_strs' : 'with_pieces', false);
  fields.end();
  return {
    model,
    prompt: textPrompt(text),
    parameters: { maxTokens: 0, returnTokenIds: true, addSpecial, parseSpecial },
    form: isVllm ? 'vLLM' : 'llama.cpp',
  };
}

function decodeConversation(fields: Fields, body: Values): TokenizeRequest {
  for (const name of ['add_special_tokens', 'continue_final_message', 'return_token_strs'])
    fields.unsupported(name, false);
  for (const name of ['chat_template', 'mm_processor_kwargs']) fields.unsupported(name);
  const chat = Object.fromEntries(Object.entries(body).filter(([name]) => !VLLM_ONLY.has(name)));
  return readConversation(chat, { form: 'vLLM', parameters: { returnTokenIds: true } });
}

/** Reads the body of `POST /apply-template`, which is that of a chat completion. Throws `ParameterError`. */
export function decodeTemplate(body: unknown): TokenizeRequest {
  return readConversation(body, { form: 'llama.cpp', parameters: { echo: true } });
}

/** A conversation that is only read: what a chat completion says of its answer has no effect. */
function readConversation(
  body: unknown,
  { form, parameters }: Pick<TokenizeRequest, 'form' | 'parameters'>,
): TokenizeRequest {
  const { model, prompts, parameters: chat } = decodeChat(withVariable(body));
  const [prompt] = prompts;
  if (prompt === undefined) throw new TypeError('a chat completion has one prompt');
  const { toolChoice, parallelToolCalls } = chat;
  return {
    model,
    prompt,
    parameters: {
      maxTokens: 0,
      ...parameters,
      ...(toolChoice !== undefined && { toolChoice }),
      ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    },
    form,
  };
}

/** `add_generation_prompt` as the variable of the template that it is. */
function withVariable(body: unknown): unknown {
  const generates = Fields.of(body).boolean('add_generation_prompt');
  // Other values are refused above.
  const { add_generation_prompt: _, chat_template_kwargs: given, ...chat } = body as Values;
  const variables = given ?? {};
  if (generates === undefined || !isObject(variables)) return { ...chat, chat_template_kwargs: given };
  return { ...chat, chat_template_kwargs: { ...variables, add_generation_prompt: generates } };
}

/** Reads the body of `POST /detokenize`. Throws `ParameterError`. */
export function decodeDetokenize(body: unknown): TokenizeRequest {
  const fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const list = fields.any('tokens');
  const isEmpty = Array.isArray(list) && list.length === 0;
  const tokens = isEmpty || isTokens(list) ? (list as readonly number[]) : fields.refuse('tokens', 'a list of tokens');
  fields.end();
  return { model, prompt: tokensPrompt(tokens), parameters: { maxTokens: 0, echo: true }, form: 'llama.cpp' };
}
