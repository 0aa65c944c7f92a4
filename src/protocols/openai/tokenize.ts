import type { Call } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import { jsonResponse } from '../route.js';
import type { WireResponse } from '../wire.js';
import { answerOne } from './answer-one.js';
import { isTokens } from './decode-completion.js';
import { textOf } from './encode.js';
import { Fields } from './fields.js';

/** llama.cpp's `POST /tokenize`: the tokens of a text. */
export async function answerTokenize(context: DialectContext, call: Call, body: unknown): Promise<WireResponse> {
  const fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const content = fields.string('content') ?? fields.refuse('content', 'a text');
  const parameters = {
    max_tokens: 0,
    return_token_ids: true,
    add_special: fields.boolean('add_special') ?? false,
    parse_special: fields.boolean('parse_special') ?? true,
  };
  fields.unsupported('with_pieces', false);
  fields.end();
  const response = await answerOne(context, call, {
    model,
    input: { name: 'text_input', text: content },
    parameters,
    places: {},
  });
  return jsonResponse({ tokens: response.parameters.prompt_token_ids });
}

/** llama.cpp's `POST /detokenize`: the text of tokens. */
export async function answerDetokenize(context: DialectContext, call: Call, body: unknown): Promise<WireResponse> {
  const fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const list = fields.any('tokens');
  const isEmpty = Array.isArray(list) && list.length === 0;
  const tokens = isEmpty || isTokens(list) ? (list as readonly number[]) : fields.refuse('tokens', 'a list of tokens');
  fields.end();
  const parameters = { max_tokens: 0, echo: true };
  const response = await answerOne(context, call, {
    model,
    input: { name: 'token_ids', tokens },
    parameters,
    places: {},
  });
  return jsonResponse({ content: textOf(response) });
}
