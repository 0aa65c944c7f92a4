import type { Call } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import { jsonResponse } from '../route.js';
import type { WireResponse } from '../wire.js';
import { type ChoiceInput, Choices } from './choices.js';
import { isTokens } from './decode-completion.js';
import { textOf } from './encode.js';
import { ParameterError } from './errors.js';
import { Fields } from './fields.js';

/** llama.cpp's `POST /tokenize`: the tokens of a text. */
export async function answerTokenize(context: DialectContext, call: Call, body: unknown): Promise<WireResponse> {
  const fields = Fields.of(body);
  const model = readModel(context, call, fields);
  const content = fields.string('content') ?? fields.refuse('content', 'a text');
  const parameters = {
    max_tokens: 0,
    return_token_ids: true,
    add_special: fields.boolean('add_special') ?? false,
    parse_special: fields.boolean('parse_special') ?? true,
  };
  fields.unsupported('with_pieces', false);
  fields.end();
  const response = await answerOne(context, call, { model, input: { name: 'text_input', text: content }, parameters });
  return jsonResponse({ tokens: response.parameters.prompt_token_ids });
}

/** llama.cpp's `POST /detokenize`: the text of tokens. */
export async function answerDetokenize(context: DialectContext, call: Call, body: unknown): Promise<WireResponse> {
  const fields = Fields.of(body);
  const model = readModel(context, call, fields);
  const list = fields.any('tokens');
  const isEmpty = Array.isArray(list) && list.length === 0;
  const tokens = isEmpty || isTokens(list) ? (list as readonly number[]) : fields.refuse('tokens', 'a list of tokens');
  fields.end();
  const parameters = { max_tokens: 0, echo: true };
  const response = await answerOne(context, call, { model, input: { name: 'token_ids', tokens }, parameters });
  return jsonResponse({ content: textOf(response) });
}

interface Question {
  readonly model: string;
  readonly input: ChoiceInput;
  readonly parameters: Readonly<Record<string, number | boolean>>;
}

async function answerOne(context: DialectContext, call: Call, { model, input, parameters }: Question) {
  call.timing.decodedAt = context.clock.now();
  const [response] = await new Choices(context, call, { model, inputs: [input], parameters }).whole();
  if (response === undefined) throw new TypeError('one input has one answer');
  return response;
}

/** The model that is named, or the only one that generates. */
function readModel({ service }: DialectContext, call: Call, fields: Fields): string {
  const named = fields.string('model');
  if (named !== undefined) return named;
  const names = new Set(
    service.readyModels(call).flatMap(({ ref, generates }) => (generates === undefined ? [] : [ref.name])),
  );
  const [only] = names;
  if (only !== undefined && names.size === 1) return only;
  throw new ParameterError('model', `'model': expected the name of a model, as ${names.size} generate text here`);
}
