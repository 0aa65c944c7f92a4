import type { GenerationParameters, Prompt } from '../../core/index.js';
import { textPrompt, tokensPrompt } from '../../generation/index.js';
import { Fields } from '../shared/generation/fields.js';
import { isTokens } from './decode-completion.js';

/** A question for the tokens of a text, or the text of tokens. */
export interface TokenizeRequest {
  readonly model: string;
  readonly prompt: Prompt;
  readonly parameters: GenerationParameters;
}

/** Reads the body of `POST /tokenize`. Throws `ParameterError`. */
export function decodeTokenize(body: unknown): TokenizeRequest {
  const fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const content = fields.string('content') ?? fields.refuse('content', 'a text');
  const parameters = {
    maxTokens: 0,
    returnTokenIds: true,
    addSpecial: fields.boolean('add_special') ?? false,
    parseSpecial: fields.boolean('parse_special') ?? true,
  };
  fields.unsupported('with_pieces', false);
  fields.end();
  return { model, prompt: textPrompt(content), parameters };
}

/** Reads the body of `POST /detokenize`. Throws `ParameterError`. */
export function decodeDetokenize(body: unknown): TokenizeRequest {
  const fields = Fields.of(body);
  const model = fields.string('model') ?? fields.refuse('model', 'the name of a model');
  const list = fields.any('tokens');
  const isEmpty = Array.isArray(list) && list.length === 0;
  const tokens = isEmpty || isTokens(list) ? (list as readonly number[]) : fields.refuse('tokens', 'a list of tokens');
  fields.end();
  return { model, prompt: tokensPrompt(tokens), parameters: { maxTokens: 0, echo: true } };
}
