import type { Call, InferResponse, Parameters } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import { type ChoiceInput, Choices } from './choices.js';
import type { Places } from './errors.js';

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
