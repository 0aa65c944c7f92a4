import { type ClientOptions, createConnection, parseJson } from './connection.js';
import type { HttpAnswer, HttpRequest } from './transport.js';
import type { CallOptions } from './types.js';

/** A request to the server's own API. */
export interface ApiRequest {
  readonly method: HttpRequest['method'];
  /** Below `/millrace/v1`, percent-encoded: `/routes`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** An answer of the server's own API. */
export interface ApiAnswer<Body> {
  /** Parsed from JSON; as text where the request has an `accept` and that is what came; undefined where it is empty. */
  readonly body: Body;
  readonly headers: Headers;
}

/** The server's own API below `/millrace/v1`, as the server documents it in `/openapi.json`. */
export interface MillraceApi {
  /** Rejects with MillraceClientError unless the answer is 2xx. Only a GET is sent again by itself. */
  ask<Body>(request: ApiRequest, options?: CallOptions): Promise<ApiAnswer<Body>>;
}

const PREFIX = '/millrace/v1';

/** Connects to the server's own API. No request is sent before the first one that is asked for. */
export function connectApi(url: string | URL, options: ClientOptions = {}): MillraceApi {
  const connection = createConnection(url, options);
  return {
    async ask<Body>({ method, path, headers = {}, body }: ApiRequest, callOptions?: CallOptions) {
      const answer = await connection.send({
        method,
        path: `${PREFIX}${path}`,
        headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        idempotent: method === 'GET',
        budget: connection.budget(callOptions),
      });
      // What the server sends is trusted to have the documented shape.
      return { body: read(answer, new Headers(headers).get('accept')) as Body, headers: answer.headers };
    },
  };
}

function read(answer: HttpAnswer, accept: string | null): unknown {
  const { body, headers } = answer;
  if (body.byteLength === 0) return undefined;
  const isJson = accept === null || headers.get('content-type')?.startsWith('application/json');
  return isJson ? parseJson(answer) : new TextDecoder().decode(body);
}
