import {
  excerpt,
  invalidArgument,
  type MillraceError,
  NO_PARAMETERS,
  type Parameters,
  type ParameterValue,
  type SharedMemoryRange,
} from '../../core/index.js';
import { CLOSE_BRACE, COLON, OPEN_BRACE, QUOTE } from '../shared/json/bytes.js';
import type { JsonCursor } from '../shared/json/cursor.js';
import { type Named, startsNumber } from '../shared/json/elements.js';
import { parseNumber, readNumberText } from '../shared/json/number.js';
import { readString } from '../shared/json/string.js';

/** Most parameters of a request, an input or an output. */
export const MAX_PARAMETERS = 256;
const MAX_UINT64 = 2n ** 64n - 1n;

/**
 * Takes a `parameters` object: strings, booleans and numbers, integers beyond 2^53 as bigint. A name that comes twice is
 * refused.
 */
export function readParameters(cursor: JsonCursor, owner: Named): Parameters {
  const parameters: Record<string, ParameterValue> = Object.create(null);
  let count = 0;
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const name = readString(cursor);
    if (name in parameters) throw refused(name, owner, 'is given twice');
    if (++count > MAX_PARAMETERS) {
      throw invalidArgument(`${owner.label}: expected at most ${MAX_PARAMETERS} parameters, got more`);
    }
    cursor.expect(COLON, "':'");
    parameters[name] = readParameter(cursor, name, owner);
    more = cursor.next(CLOSE_BRACE);
  }
  return count === 0 ? NO_PARAMETERS : parameters;
}

/** Takes the value of the parameter `name`. */
export function readParameter(cursor: JsonCursor, name: string, owner: Named): ParameterValue {
  if (cursor.peek() === QUOTE) return readString(cursor);
  if (cursor.take('true')) return true;
  if (cursor.take('false')) return false;
  if (!startsNumber(cursor)) {
    const got = cursor.describe();
    throw refused(name, owner, `must be a string, a number or a boolean, got ${got}`);
  }
  const text = readNumberText(cursor);
  const value = parseNumber(text);
  return /^-?\d{16,20}$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : value;
}

/** The parameter as a boolean; undefined when it is not there. */
export function booleanParameter(parameters: Parameters, name: string, owner: Named): boolean | undefined {
  const value = parameters[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw mistyped(name, owner, { expected: 'true or false', got: value });
}

/** The parameter as an integer from 0 to 2^53 - 1; undefined when it is not there. */
export function countParameter(parameters: Parameters, name: string, owner: Named): number | undefined {
  const value = parameters[name];
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return value;
  throw mistyped(name, owner, { expected: 'an integer of at least 0', got: value });
}

/** The parameter as an integer from 0 to 2^64 - 1, rounded beyond 2^53; undefined when it is not there. */
export function longParameter(parameters: Parameters, name: string, owner: Named): number | undefined {
  const value = parameters[name];
  if (typeof value === 'bigint' && value >= 0n && value <= MAX_UINT64) return Number(value);
  return countParameter(parameters, name, owner);
}

/** Where the parameters say that a tensor lies in shared memory; undefined when they do not. */
export function sharedMemoryParameter(parameters: Parameters, owner: Named): SharedMemoryRange | undefined {
  const region = parameters.shared_memory_region;
  if (region === undefined) return undefined;
  const sizeBytes = countParameter(parameters, 'shared_memory_byte_size', owner);
  const offset = countParameter(parameters, 'shared_memory_offset', owner) ?? 0;
  if (typeof region !== 'string') throw mistyped('shared_memory_region', owner, { expected: 'a string', got: region });
  if (sizeBytes === undefined) throw refused('shared_memory_byte_size', owner, 'must come with shared_memory_region');
  return { region, offset, sizeBytes };
}

/** The error for a parameter of the wrong type or range. */
export function mistyped(name: string, owner: Named, value: { expected: string; got: ParameterValue }): MillraceError {
  const got = typeof value.got === 'string' ? `'${excerpt(value.got)}'` : String(value.got);
  return refused(name, owner, `must be ${value.expected}, got ${got}`);
}

function refused(name: string, owner: Named, text: string): MillraceError {
  return invalidArgument(`${owner.label}: parameter '${excerpt(name)}' ${text}`);
}
