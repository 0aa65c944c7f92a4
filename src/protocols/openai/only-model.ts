import type { Call, InferResponse, Parameters } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import { type ChoiceInput, Choices } from './choices.js';
import { ParameterError, type Places } from './errors.js';

interface Question {
  readonly model: string;
  readonly input: ChoiceInput;
  readonly parameters: Parameters;
  readonly places: Places;
}

/** What a model says of one input. */
export async function answerOne(
  context: DialectContext,
  call: Call,
  { model, input, ...others }: Question,
): Promise<InferResponse> {
  call.timing.decodedAt = context.clock.now();
  const [response] = await new Choices(context, call, { model, inputs: [input], ...others }).whole();
  if (response === undefined) throw new TypeError('one input has one answer');
  return response;
}

/** Where a request may name no model. */
export interface UnnamedContext extends DialectContext {
  /** The model that is meant then; '' = the only one. */
  readonly defaultModel: string;
}

/** The model for requests that name none: the default, or the only one. Throws `ParameterError` where several generate, or none. */
export function unnamedModel({ service, defaultModel }: UnnamedContext, call: Call): string {
  if (defaultModel !== '') return defaultModel;
  const names = new Set(
    service
      .readyModels(call, { toSuggest: true })
      .flatMap(({ ref, generates }) => (generates === undefined ? [] : [ref.name])),
  );
  const [only] = names;
  if (only !== undefined && names.size === 1) return only;
  const message = `'model': expected the name of a model, as ${names.size} generate text here; openai.defaultModel sets one`;
  throw new ParameterError('model', message);
}
