import { type InferRequest, invalidArgument, type ParameterValue } from '../../core/index.js';

/** Most characters of what a request says besides its data. */
export const MAX_TEXT_LENGTH = 1_048_576;

/**
 * Refuses a request with a long id, long names or parameters: the event loop handles them in one go, unlike data. Throws
 * `invalid_argument`.
 */
export function checkTexts({ id, inputs, outputs = [], parameters }: InferRequest): void {
  let length = id.length;
  for (const { name } of [...inputs, ...outputs]) length += name.length;
  for (const [name, value] of Object.entries(parameters)) length += name.length + lengthOf(value);
  if (length <= MAX_TEXT_LENGTH) return;
  throw invalidArgument(
    `request: expected an id, names and parameters of at most ${MAX_TEXT_LENGTH} characters together, got ${length}`,
  );
}

function lengthOf(value: ParameterValue): number {
  return typeof value === 'string' ? value.length : 0;
}
