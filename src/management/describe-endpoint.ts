import type { CommonSpec, QueryParameter } from '../api/schemas/index.js';
import type { OpenApiObject } from '../protocols/index.js';

/** What is described of an endpoint besides what its route says. */
export interface DescribedEndpoint extends Pick<CommonSpec, 'etag' | 'waits' | 'accepted' | 'mediaTypes' | 'errors'> {
  readonly query?: Readonly<Record<string, QueryParameter>>;
  readonly answer?: object;
  /** Of the data of each server-sent event. */
  readonly events?: object;
}

const IF_MATCH = 'What ETag has said: 412 where it has changed since. `*`: 412 where there is none.';
const CONDITIONS = [
  condition('If-Match', IF_MATCH),
  condition('If-None-Match', '`*`: 412 where there is one already.'),
];
const ETAG = { ETag: { description: 'Names this revision, for If-Match.', schema: { type: 'string' } } };
const PREFER = {
  name: 'Prefer',
  in: 'header',
  description: 'RFC 7240: `wait=N` waits up to N seconds, at most 60, for the end of the job.',
  schema: { type: 'string' },
};
const RETRY_AFTER = { 'Retry-After': { description: 'Seconds until the next request.', schema: { type: 'string' } } };
const STALE = { 412: { description: 'It has changed meanwhile' } };

/** The OpenAPI operation of an endpoint, as far as its route does not say it. */
export function describeEndpoint({
  query = {},
  etag,
  waits,
  accepted,
  errors = {},
  ...answered
}: DescribedEndpoint): OpenApiObject {
  const asked = Object.entries(query).map(([name, parameter]) => ({ name, in: 'query', ...parameter }));
  const content = contentOf(answered);
  const success = { description: 'Success', ...(etag && { headers: ETAG }), ...(content && { content }) };
  const failures = Object.entries(errors).map(([status, { description, schema }]) => [
    status,
    { description, content: { 'application/json': { schema } } },
  ]);
  return {
    parameters: [...(etag === 'change' ? CONDITIONS : []), ...(waits ? [PREFER] : []), ...asked],
    responses: {
      200: success,
      ...(accepted && { 202: acceptedAs(accepted) }),
      ...(etag === 'change' && STALE),
      ...Object.fromEntries(failures),
    },
  };
}

function acceptedAs(schema: object): OpenApiObject {
  return { description: 'It has not ended', headers: RETRY_AFTER, content: { 'application/json': { schema } } };
}

function contentOf({ answer, events, mediaTypes = [] }: DescribedEndpoint): object | undefined {
  if (events !== undefined) return { 'text/event-stream': { schema: { type: 'string' }, 'x-event-data': events } };
  if (answer === undefined) return undefined;
  const others = mediaTypes.map((type) => [type, { schema: { type: 'string' } }]);
  return { 'application/json': { schema: answer }, ...Object.fromEntries(others) };
}

function condition(name: string, description: string): OpenApiObject {
  return { name, in: 'header', description, schema: { type: 'string' } };
}
