import type { Parameters } from '../../core/index.js';
import { isTokens } from './decode-completion.js';
import { Fields } from './fields.js';
import { type TextInput, textInput, tokenInput } from './text-input.js';

/** A question for the tokens of a text, or the text of tokens. */
export interface TokenizeRequest {
  readonly model: string;
  readonly inputs: readonly TextInput[];
  readonly parameters: Parameters;
}

/** Reads the body of `POST /tokenize`. Throws `ParameterError`. */
export function decodeTokenize(body: unknown): TokenizeRequest {
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
  return { model, inputs: [textInput('text_input', content)], parameters };
}

/** Reads the body of `POST /detokenize`. Throws `ParameterError`. */
export function decodeDetokenize(body: unknown): TokenizeRequest {
  const fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const list = fields.any('tokens');
  const isEmpty = Array.isArray(list) && list.length === 0;
  const tokens = isEmpty || isTokens(list) ? (list as readonly number[]) : fields.refuse('tokens', 'a list of tokens');
  fields.end();
  return { model, inputs: [tokenInput(tokens)], parameters: { max_tokens: 0, echo: true } };
}
