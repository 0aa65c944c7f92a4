import type { Call, InferResponse } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import { type ChoiceInput, Choices } from './choices.js';
import { ParameterError } from './errors.js';

interface Question {
  readonly model: string;
  readonly input: ChoiceInput;
  readonly parameters: Readonly<Record<string, number | boolean>>;
}

/** What a model says of one input. */
export async function answerOne(
  context: DialectContext,
  call: Call,
  { model, input, parameters }: Question,
): Promise<InferResponse> {
  call.timing.decodedAt = context.clock.now();
  const [response] = await new Choices(context, call, { model, inputs: [input], parameters }).whole();
  if (response === undefined) throw new TypeError('one input has one answer');
  return response;
}

/** The only model that generates, for requests that name none. Throws `ParameterError` where there are several, or none. */
export function onlyModel({ service }: DialectContext, call: Call): string {
  const names = new Set(
    service.readyModels(call).flatMap(({ ref, generates }) => (generates === undefined ? [] : [ref.name])),
  );
  const [only] = names;
  if (only !== undefined && names.size === 1) return only;
  throw new ParameterError('model', `'model': expected the name of a model, as ${names.size} generate text here`);
}
