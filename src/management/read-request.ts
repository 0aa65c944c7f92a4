import { DEFAULT_PAGE, MAX_PAGE } from '../api/schemas/index.js';
import { invalidArgument } from '../core/index.js';
import type { WireHeaders } from '../protocols/index.js';
import type { Expected } from '../service/index.js';
import { parseTime } from '../text/index.js';

/** What `If-Match` and `If-None-Match: *` ask for (RFC 9110, 13.1). Throws `invalid_argument` for what is neither. */
export function readConditions(headers: WireHeaders): Expected {
  const match = textOf(headers['if-match']);
  const noneMatch = textOf(headers['if-none-match']);
  if (noneMatch !== undefined && noneMatch !== '*') {
    throw invalidArgument(`If-None-Match: expected *, got '${noneMatch.slice(0, 80)}'`);
  }
  return {
    ...(match !== undefined && { tags: match === '*' ? 'any' : readTags(match) }),
    ...(noneMatch !== undefined && { isNew: true }),
  };
}

/** Quoted tags with commas in between. A weak one never matches. */
function readTags(text: string): readonly string[] {
  const tags = text.split(',').map((part) => part.trim());
  return tags.map((tag) => {
    const [, weak, value] = /^(W\/)?"([\x21\x23-\x7e]*)"$/.exec(tag) ?? [];
    if (value === undefined) {
      throw invalidArgument(`If-Match: expected what ETag said, such as "3", or *; got '${text.slice(0, 80)}'`);
    }
    return weak === undefined ? value : tag;
  });
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(', ');
}

/** How many entries of a list are asked for: `limit`, 20 by default. Throws `invalid_argument`. */
export function readLimit(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return DEFAULT_PAGE;
  const limit = Number(text);
  if (/^\d{1,4}$/.test(text) && limit >= 1 && limit <= MAX_PAGE) return limit;
  throw invalidArgument(`limit: expected 1 to ${MAX_PAGE}, got '${text.slice(0, 80)}'`);
}

/** Which page of a list is asked for: `limit`, and `after`, the place behind which it begins. Throws `invalid_argument`. */
export function readPage(query: URLSearchParams): { readonly limit: number; readonly after: string | undefined } {
  return { limit: readLimit(query), after: query.get('after') ?? undefined };
}

/** A switch in the query: `?dry_run=true`. Throws `invalid_argument` for what is neither true nor false. */
export function readFlag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw invalidArgument(`${name}: expected true or false, got '${text.slice(0, 80)}'`);
}

/** A moment in the query; undefined where it names none. Throws `invalid_argument`. */
export function readTime(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const atMs = parseTime(text);
  if (atMs !== undefined) return atMs;
  throw invalidArgument(`${name}: expected a time as in 2026-11-27T12:00:00Z, got '${text.slice(0, 80)}'`);
}
