import type { Call } from '../../core/index.js';
import { jsonResponse } from '../route.js';
import { Choices, type ChoicesContext, type Generated } from '../shared/generation/choices.js';
import type { WireResponse } from '../wire.js';
import type { TokenizeRequest } from './decode-tokenize.js';

/** llama.cpp's `POST /tokenize`: the tokens of a text. */
export async function answerTokenize(
  context: ChoicesContext,
  call: Call,
  request: TokenizeRequest,
): Promise<WireResponse> {
  const { delta } = await readPrompt(context, call, request);
  return jsonResponse({ tokens: delta.promptTokenIds });
}

/** llama.cpp's `POST /detokenize`: the text of tokens. */
export async function answerDetokenize(
  context: ChoicesContext,
  call: Call,
  request: TokenizeRequest,
): Promise<WireResponse> {
  const { delta } = await readPrompt(context, call, request);
  return jsonResponse({ content: delta.text });
}

function readPrompt(
  context: ChoicesContext,
  call: Call,
  { model, prompt, parameters }: TokenizeRequest,
): Promise<Generated> {
  call.timing.decodedAt = context.clock.now();
  return new Choices(context, call, { model, prompts: [prompt], parameters, places: {} }).only();
}
