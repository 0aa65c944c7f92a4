import type { TSchema } from '@sinclair/typebox';
import { DEFAULT_PAGE, MAX_PAGE } from '../api/schemas/index.js';
import type { OpenApiObject, WireResponse } from '../protocols/index.js';

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

/** The OpenAPI description of something in the query. */
export function queryParameter(name: string, description: string, schema: object = { type: 'string' }): OpenApiObject {
  return { name, in: 'query', description, schema };
}

/** The OpenAPI description of `limit`. */
export const LIMIT_PARAMETER: OpenApiObject = {
  name: 'limit',
  in: 'query',
  schema: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE },
};
