import type { TSchema } from '@sinclair/typebox';
import type { Call } from '../core/index.js';
import type { OpenApiObject } from './openapi.js';
import type { WireHeaders, WireRequest, WireResponse, WireStream } from './wire.js';

/** What a route is handed besides the call. */
export interface RouteRequest extends WireRequest {
  /** How the client reached the server, e.g. `http://localhost:8000`. */
  readonly origin: string;
  /** Percent-decoded path parameters by name. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body as it arrives, of routes that read it so ({@link RouteBody}): to be read once. */
  readonly incoming?: AsyncIterable<Uint8Array> | undefined;
  /** The JSON body, checked against the route's schema; `{}` when there was none, and for routes that take no JSON. */
  readonly json: unknown;
  /** The `Accept` header; undefined where the client sent none, or curl its own. */
  readonly accept: string | undefined;
}

/** What a route reads of a request's body: JSON of a schema, the bytes as they are, whatever their type, or the bytes as they arrive. */
export type RouteBody =
  | {
      readonly kind: 'json';
      readonly schema: TSchema;
      /** It may be as large as an inference request (uploaded files). Default: at most 1 MiB. */
      readonly large?: boolean;
    }
  | {
      readonly kind: 'bytes';
      /**
       * Where in the body data begins that goes to a model as it is. Such a body may come in memory that runners read, too, and that is
       * used again once the request has settled and no model has it: nobody may keep or move it. undefined = it comes in memory of its own.
       */
      readonly dataAt?: (headers: WireHeaders) => number | undefined;
    }
  | {
      /**
       * The route reads {@link RouteRequest.incoming}: the server holds nothing of the body and sets no limit to its size. It may take as long as
       * it arrives at `server.minReceiveBytesPerSecond`. Not for inferences.
       */
      readonly kind: 'stream';
    };

/**
 * One route of a dialect as plain data: the server binds it, documents it from the same schemas, and answers what it returns
 * or throws.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In OpenAPI's form, e.g. `/v2/models/{model}/config`; a parameter may have text around it, as in `/v1/models/{model}:predict`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** `public` routes need no key. */
  readonly access: 'public' | 'key';
  /** Changes the server: moves to the admin port where there is one. */
  readonly control: boolean;
  /** Runs a model: found without the router, refused while the server drains, compressed where the client asks for it. */
  readonly inference?: boolean;
  /**
   * An inference that may answer bit by bit: it takes as long as it takes, unless the client sets a deadline. What limits it is the time
   * between two answers.
   */
  readonly streams?: boolean;
  /**
   * Where another dialect has the same method and path on the same port, that one answers: its answers are right for this one's clients,
   * too. Default: two such dialects cannot be served together.
   */
  readonly yields?: boolean;
  /** Left out of the OpenAPI document. */
  readonly hidden?: boolean;
  /** None is read where it is missing. */
  readonly body?: RouteBody;
  /** Schema of the success body; undefined = empty. */
  readonly response?: TSchema;
  /** The OpenAPI operation, where schemas do not say it. */
  readonly operation?: OpenApiObject;
  readonly handle: (call: Call, request: RouteRequest) => Answer | Promise<Answer>;
}

type Answer = WireResponse | WireStream;

const JSON_HEADERS = { 'content-type': 'application/json' } as const;

/** A success with a JSON body. */
export function jsonResponse(value: unknown): WireResponse {
  return jsonTextResponse(JSON.stringify(value));
}

/** A success whose body is JSON already. */
export function jsonTextResponse(body: string): WireResponse {
  return { status: 200, headers: JSON_HEADERS, body };
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
