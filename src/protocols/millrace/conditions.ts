import type { TSchema } from '@sinclair/typebox';
import { invalidArgument } from '../../core/index.js';
import type { Expected } from '../../service/index.js';
import type { OpenApiObject } from '../openapi.js';
import type { WireHeaders, WireResponse } from '../wire.js';

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

/** A success with its revision in ETag. */
export function taggedResponse(value: unknown, tag: string): WireResponse {
  const headers = { 'content-type': 'application/json', etag: `"${tag}"` };
  return { status: 200, headers, body: JSON.stringify(value) };
}

const IF_MATCH = 'What ETag has said: 412 where somebody has changed it since. `*`: 412 where there is none.';

/** The OpenAPI operation of a route that answers with ETag; `isChange`: it takes conditions. */
export function taggedOperation(schema: TSchema, { isChange }: { readonly isChange: boolean }): OpenApiObject {
  const headers = { ETag: { description: 'Names this revision, for If-Match.', schema: { type: 'string' } } };
  const success = { description: 'Success', headers, content: { 'application/json': { schema } } };
  if (!isChange) return { responses: { 200: success } };
  const condition = (name: string, description: string) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  });
  const parameters = [
    condition('If-Match', IF_MATCH),
    condition('If-None-Match', '`*`: 412 where there is one already.'),
  ];
  return { parameters, responses: { 200: success, 412: { description: 'Somebody has changed it meanwhile' } } };
}

/** A moment as ISO 8601 says it. */
export function timeOf(epochMs: number | undefined): string | undefined {
  return epochMs === undefined ? undefined : new Date(epochMs).toISOString();
}

const MAX_HISTORY = 1_000;
const USUAL_HISTORY = 20;

/** How many revisions are asked for: `limit`, 20 by default. Throws `invalid_argument`. */
export function readLimit(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return USUAL_HISTORY;
  const limit = Number(text);
  if (/^\d{1,4}$/.test(text) && limit >= 1 && limit <= MAX_HISTORY) return limit;
  throw invalidArgument(`limit: expected 1 to ${MAX_HISTORY}, got '${text.slice(0, 80)}'`);
}

/** The OpenAPI description of something in the query. */
export function queryParameter(name: string, description: string, schema: object = { type: 'string' }): OpenApiObject {
  return { name, in: 'query', description, schema };
}

/** The OpenAPI description of `limit`. */
export const LIMIT_PARAMETER: OpenApiObject = {
  name: 'limit',
  in: 'query',
  schema: { type: 'integer', minimum: 1, maximum: MAX_HISTORY, default: USUAL_HISTORY },
};

/** A switch in the query: `?dry_run=true`. Throws `invalid_argument` for what is neither true nor false. */
export function readFlag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw invalidArgument(`${name}: expected true or false, got '${text.slice(0, 80)}'`);
}
