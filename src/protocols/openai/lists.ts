import { ParameterError } from '../shared/generation/parameter-error.js';

/** A page of a list as OpenAI's clients read it: they ask for the next one `after` the last id. */
export function listOf(data: readonly { readonly id: string }[], hasMore: boolean): object {
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}

/** `limit` of a query. */
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

/** `order` of a query: whether the newest come first. */
export function readNewestFirst(query: URLSearchParams): boolean {
  const order = query.get('order') ?? 'desc';
  if (order !== 'asc' && order !== 'desc') throw refusedParameter('order', "'asc' or 'desc'", order);
  return order === 'desc';
}

/** Refuses parameters of a query that would do nothing. */
export function refuseOtherParameters(query: URLSearchParams, names: readonly string[]): void {
  for (const name of query.keys()) {
    if (!names.includes(name)) throw new ParameterError(name, `'${name}' is not a known parameter`);
  }
}

export function refusedParameter(name: string, expected: string, got: string): ParameterError {
  return new ParameterError(name, `'${name}': expected ${expected}, got '${got.slice(0, 60)}'`);
}

/** Unix time in whole seconds, as OpenAI has it; null for undefined. */
export function seconds(timeMs: number | undefined): number | null {
  return timeMs === undefined ? null : Math.floor(timeMs / 1_000);
}
