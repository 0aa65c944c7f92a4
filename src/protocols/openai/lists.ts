import { ParameterError } from '../shared/generation/parameter-error.js';
import { refusedParameter } from '../shared/generation/query.js';

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

/** Unix time in whole seconds, as OpenAI has it; null for undefined. */
export function seconds(timeMs: number | undefined): number | null {
  return timeMs === undefined ? null : Math.floor(timeMs / 1_000);
}
