import type { Call } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import { jsonResponse } from '../route.js';
import type { WireResponse } from '../wire.js';
import { answerOne } from './answer-one.js';
import type { TokenizeRequest } from './decode-tokenize.js';
import { textOf } from './encode.js';

/** llama.cpp's `POST /tokenize`: the tokens of a text. */
export async function answerTokenize(
  context: DialectContext,
  call: Call,
  request: TokenizeRequest,
): Promise<WireResponse> {
  const response = await answerOne(context, call, { ...request, places: {} });
  return jsonResponse({ tokens: response.parameters.prompt_token_ids });
}

/** llama.cpp's `POST /detokenize`: the text of tokens. */
export async function answerDetokenize(
  context: DialectContext,
  call: Call,
  request: TokenizeRequest,
): Promise<WireResponse> {
  const response = await answerOne(context, call, { ...request, places: {} });
  return jsonResponse({ content: textOf(response) });
}
