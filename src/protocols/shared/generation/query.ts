import { ParameterError } from './parameter-error.js';

/** `limit` of a query. Throws {@link ParameterError}. */
export function readLimit(
  query: URLSearchParams,
  { max, standard }: { readonly max: number; readonly standard: number },
): number {
  const text = query.get('limit');
  if (text === null) return standard;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (limit >= 1 && limit <= max) return limit;
  throw refusedParameter('limit', `an integer from 1 to ${max}`, text);
}

export function refusedParameter(name: string, expected: string, got: string): ParameterError {
  return new ParameterError(name, `'${name}': expected ${expected}, got '${got.slice(0, 60)}'`);
}
