import { invalidArgument } from '../../../core/index.js';
import { checkValue } from './check-value.js';
import { checkCounts } from './limits.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The value of a body of JSON. Throws `invalid_argument`, and `ParameterError` for a list that is too long. */
export function parseBody(body: Uint8Array): unknown {
  let text: string;
  try {
    text = UTF8.decode(body);
  } catch {
    throw invalidArgument('the body is not UTF-8 text');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalidArgument(`the body is not valid JSON: ${(error as Error).message}`);
  }
  checkCounts(value);
  checkValue(value, text);
  return value;
}
