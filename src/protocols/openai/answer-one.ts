import type { Call, InferResponse, Parameters } from '../../core/index.js';
import type { DialectContext } from '../dialect.js';
import { Choices } from './choices.js';
import type { Places } from './errors.js';
import type { TextInput } from './text-input.js';

interface Question {
  readonly model: string;
  readonly inputs: readonly TextInput[];
  readonly parameters: Parameters;
  readonly places: Places;
}

/** What a model says of one input. */
export async function answerOne(context: DialectContext, call: Call, question: Question): Promise<InferResponse> {
  call.timing.decodedAt = context.clock.now();
  const [response] = await new Choices(context, call, question).whole();
  if (response === undefined) throw new TypeError('one input has one answer');
  return response;
}
