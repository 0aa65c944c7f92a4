import type { TSchema } from '@sinclair/typebox';
import type { Call } from '../core/index.js';
import type { WireResponse, WireStream } from './wire.js';

/** What a route is handed besides the call. */
export interface RouteRequest {
  /** How the client reached the server, e.g. `http://localhost:8000`. */
  readonly origin: string;
  /** Percent-decoded path parameters by name. */
  readonly params: Readonly<Record<string, string>>;
  /** The JSON body, checked against the route's schema; `{}` when there was none. */
  readonly body: unknown;
  /** The `Accept` header; undefined where the client sent none, or curl its own. */
  readonly accept: string | undefined;
}

/**
 * One route of a dialect as plain data: the server binds it to its router, documents it from the same schemas, and
 * answers what it returns or throws.
 */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** In OpenAPI's form, e.g. `/v2/models/{model}/config`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** `public` routes need no key. */
  readonly access: 'public' | 'key';
  /** Changes the server: moves to the admin port where there is one. */
  readonly control: boolean;
  /** Left out of the OpenAPI document. */
  readonly hidden?: boolean;
  /** JSON body; none is read where it is missing. */
  readonly body?: TSchema;
  /** The body may be as large as an inference request (uploaded files). */
  readonly largeBody?: boolean;
  /** Schema of the success body; undefined = empty. */
  readonly response?: TSchema;
  readonly handle: (call: Call, request: RouteRequest) => Answer | Promise<Answer>;
}

type Answer = WireResponse | WireStream;

const JSON_HEADERS = { 'content-type': 'application/json' } as const;

/** A success with a JSON body. */
export function jsonResponse(value: unknown): WireResponse {
  return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(value) };
}

/** A success without a body. */
export function emptyResponse(): WireResponse {
  return { status: 200, headers: {}, body: '' };
}

/**
 * 200 for yes and 503 for no. The body is for clients that ignore the status; it is empty without an Accept header, as
 * Triton's is.
 */
export function healthResponse(
  yes: boolean,
  body: Readonly<Record<string, string | boolean>>,
  { accept }: Pick<RouteRequest, 'accept'>,
): WireResponse {
  const status = yes ? 200 : 503;
  if (accept === undefined) return { status, headers: {}, body: '' };
  return { status, headers: JSON_HEADERS, body: JSON.stringify(body) };
}
