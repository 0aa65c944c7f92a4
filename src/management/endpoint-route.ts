import type { TSchema } from '@sinclair/typebox';
import { type Encoded, type Endpoint, methodOf, type PathParameters, pathOf } from '../api/index.js';
import type { CommonSpec, EndpointSpecs } from '../api/schemas/index.js';
import type { Call } from '../core/index.js';
import type { Route, WireHeaders, WireResponse, WireStream } from '../protocols/index.js';
import { type DescribedEndpoint, describeEndpoint } from './describe-endpoint.js';

/** A request to an endpoint. Its body has been checked against the endpoint's schema. */
export interface EndpointRequest<Name extends string, E extends Endpoint> {
  readonly params: PathParameters<Name>;
  readonly query: URLSearchParams;
  readonly body: E['body'];
  readonly headers: WireHeaders;
  /** The header `Accept`; undefined where the client sent none. */
  readonly accept: string | undefined;
}

/** A success with a body. */
export interface EndpointAnswer<Body> {
  readonly body: Encoded<Body>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A body as another type than JSON, or an empty one. */
export type OtherAnswer = { readonly other: WireResponse | WireStream };

type Answer<E extends Endpoint> = EndpointAnswer<E['answer']> | OtherAnswer;

/** Answers the requests to the endpoints of a resource. */
export type Handlers<Endpoints> = {
  readonly [Name in keyof Endpoints]: Name extends string
    ? Endpoints[Name] extends Endpoint
      ? (
          call: Call,
          request: EndpointRequest<Name, Endpoints[Name]>,
        ) => Answer<Endpoints[Name]> | Promise<Answer<Endpoints[Name]>>
      : never
    : never;
};

/** The body as JSON, with its revision in `ETag`. */
export function tagged<Body>(body: Encoded<Body>, tag: string): EndpointAnswer<Body> {
  return { body, headers: { etag: `"${tag}"` } };
}

/** The body as JSON, which is kept nowhere on the way. */
export function unstored<Body>(body: Encoded<Body>): EndpointAnswer<Body> {
  return { body, headers: { 'cache-control': 'no-store' } };
}

/** The routes that answer the endpoints of a resource. */
export function createEndpointRoutes<Endpoints>(
  specs: EndpointSpecs<Endpoints>,
  handlers: Handlers<Endpoints>,
): readonly Route[] {
  return (Object.keys(specs) as (keyof Endpoints & string)[]).map((name) =>
    // The compiler has checked each pair of a description and a handler; that they are pairs is lost where the name is any of them.
    routeOf(name, specs[name] as AnySpec, handlers[name] as AnyHandler),
  );
}

interface AnySpec extends CommonSpec, DescribedEndpoint {
  readonly body?: TSchema;
}
type AnyHandler = (
  call: Call,
  request: EndpointRequest<string, Endpoint>,
) => Answer<Endpoint> | Promise<Answer<Endpoint>>;

const JSON_TYPE = { 'content-type': 'application/json' } as const;

function routeOf(name: string, spec: AnySpec, handle: AnyHandler): Route {
  const { tag, summary, description, control, body } = spec;
  return {
    tag,
    access: 'key',
    method: methodOf(name),
    path: pathOf(name),
    summary,
    ...(description !== undefined && { description }),
    control,
    ...(body !== undefined && { body: { kind: 'json', schema: body } }),
    operation: describeEndpoint(spec),
    handle: async (call, { params, query, json, headers, accept }) => {
      const found = await handle(call, { params, query, body: json, headers, accept });
      if ('other' in found) return found.other;
      return { status: 200, headers: { ...JSON_TYPE, ...found.headers }, body: JSON.stringify(found.body) };
    },
  };
}
