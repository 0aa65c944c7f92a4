import { excerpt, invalidArgument, NO_PARAMETERS, type Parameters, type ParameterValue } from '../../../core/index.js';

const MAX_PARAMETERS = 256;

/** The `parameters` of a request, as `JSON.parse` gives them; those that are null are left out. Throws `invalid_argument`. */
export function readParameters(value: unknown): Parameters {
  if (value === undefined || value === null) return NO_PARAMETERS;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalidArgument(`'parameters': expected an object, got ${Array.isArray(value) ? 'an array' : typeof value}`);
  }
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  if (entries.length > MAX_PARAMETERS) {
    throw invalidArgument(`'parameters': expected at most ${MAX_PARAMETERS}, got ${entries.length}`);
  }
  if (entries.some(([name]) => name === ''))
    throw invalidArgument(`'parameters': expected names, got ${excerpt("''")}`);
  // JSON has no other values.
  return Object.fromEntries(entries) as Readonly<Record<string, ParameterValue>>;
}
