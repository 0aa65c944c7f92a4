import type { Call } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import { Choices, type ChoicesContext } from '../shared/generation/choices.js';
import type { Places } from '../shared/generation/parameter-error.js';
import type { WireResponse } from '../wire.js';
import type { TokenizeRequest } from './decode-tokenize.js';

const PLACES: Places = { context_length_exceeded: 'messages', invalid_function_parameters: 'tools' };
const NO_PLACES: Places = {};

/** llama.cpp's and vLLM's `POST /tokenize`: the tokens of a text, or of a conversation. */
export async function answerTokenize(
  context: ChoicesContext,
  call: Call,
  request: TokenizeRequest,
): Promise<WireResponse> {
  const choices = readPrompt(context, call, request);
  const { delta } = await choices.only();
  const { promptTokenIds: tokens = [] } = delta;
  if (request.form === 'llama.cpp') return jsonResponse({ tokens });
  const { contextTokens = null } = choices.spec ?? {};
  return jsonResponse({ count: tokens.length, max_model_len: contextTokens, tokens, token_strs: null });
}

/** llama.cpp's `POST /detokenize`: the text of tokens. */
export async function answerDetokenize(
  context: ChoicesContext,
  call: Call,
  request: TokenizeRequest,
): Promise<WireResponse> {
  const { delta } = await readPrompt(context, call, request).only();
  return jsonResponse({ content: delta.text });
}

/** llama.cpp's `POST /apply-template`: what the model's chat template makes of a conversation. */
export async function answerTemplate(
  context: ChoicesContext,
  call: Call,
  request: TokenizeRequest,
): Promise<WireResponse> {
  const { delta } = await readPrompt(context, call, request).only();
  return jsonResponse({ prompt: delta.text });
}

/** The prompt, for which nothing is generated. */
function readPrompt(context: ChoicesContext, call: Call, { model, prompt, parameters }: TokenizeRequest): Choices {
  call.timing.decodedAt = context.clock.now();
  const places = prompt.kind === 'conversation' ? PLACES : NO_PLACES;
  return new Choices(context, call, { model, prompts: [prompt], parameters, places });
}
