import type { GenerationParameters, Prompt } from '../../core/index.js';
import { textPrompt, tokensPrompt } from '../../generation/index.js';
import type { Fields } from '../shared/generation/fields.js';
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

/**
 * Reads `POST /tokenize`: llama.cpp's with `content`, vLLM's with `prompt`, or with the `messages` of a chat completion. Throws
 * `ParameterError`.
 */
export function decodeTokenize(fields: Fields): TokenizeRequest {
  const [first = 'content', second] = ['messages', 'prompt', 'content'].filter(
    (each) => fields.any(each) !== undefined,
  );
  if (second !== undefined) fields.refuse(second, `to be left out beside '${first}'`);
  if (first === 'messages') return decodeConversation(fields);
  const isVllm = first === 'prompt';
  const special = isVllm ? 'add_special_tokens' : 'add_special';
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const text = fields.string(first) ?? fields.refuse(first, 'a text');
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

function decodeConversation(fields: Fields): TokenizeRequest {
  fields.unsupported('return_token_strs', false);
  fields.unsupported('mm_processor_kwargs');
  return readConversation(fields, { form: 'vLLM', parameters: { returnTokenIds: true } });
}

/** Reads `POST /apply-template`, whose body is that of a chat completion. Throws `ParameterError`. */
export function decodeTemplate(fields: Fields): TokenizeRequest {
  return readConversation(fields, { form: 'llama.cpp', parameters: { echo: true } });
}

/** A conversation that is only read: what a chat completion says of its answer has no effect. */
function readConversation(
  fields: Fields,
  { form, parameters }: Pick<TokenizeRequest, 'form' | 'parameters'>,
): TokenizeRequest {
  const { model, prompts, parameters: chat } = decodeChat(fields);
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

/** Reads `POST /detokenize`. Throws `ParameterError`. */
export function decodeDetokenize(fields: Fields): TokenizeRequest {
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const list = fields.any('tokens');
  const isEmpty = Array.isArray(list) && list.length === 0;
  const tokens = isEmpty || isTokens(list) ? (list as readonly number[]) : fields.refuse('tokens', 'a list of tokens');
  fields.end();
  return { model, prompt: tokensPrompt(tokens), parameters: { maxTokens: 0, echo: true }, form: 'llama.cpp' };
}
