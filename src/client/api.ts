import {
  type ApiEndpoints,
  type ApiEvent,
  type Encoded,
  type EndpointName,
  endpointPath,
  type Job,
  methodOf,
  type PathParameter,
  type PathParameters,
} from '../api/index.js';
import { type ClientOptions, createConnection, parseJson } from './connection.js';
import { readEvents } from './events.js';
import type { HttpAnswer, HttpRequest } from './transport.js';
import type { CallOptions } from './types.js';

/** What a request to an endpoint consists of: the parameters of its path, its query and its body, where it has any. */
export type ApiRequest<Name extends EndpointName> = ([PathParameter<Name>] extends [never]
  ? unknown
  : { readonly params: PathParameters<Name> }) &
  (ApiEndpoints[Name] extends { readonly query: infer Query }
    ? object extends Query
      ? { readonly query?: Encoded<Query> }
      : { readonly query: Encoded<Query> }
    : unknown) &
  (ApiEndpoints[Name] extends { readonly body: infer Body } ? { readonly body: Encoded<Body> } : unknown) & {
    readonly headers?: Readonly<Record<string, string>>;
  };

/** An answer of the server's own API. */
export interface ApiAnswer<Body> {
  readonly body: Body;
  readonly headers: Headers;
}

/** The answer of a job's request. */
export interface JobAnswer {
  /** 424 where the job has no answer, or one of 429 or 5xx: the body says why. */
  readonly status: number;
  /** `x-millrace-job` is the state of the job. */
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface JobAnswerOptions extends CallOptions {
  /** Longest wait for the job's end, at most 60 s. Default: 0. */
  readonly waitMs?: number;
}

/** The server's own API below `/millrace/v1`. */
export interface MillraceApi {
  /** Sends a request: `ask('GET /keys/{key}', { params: { key: 'checkout' } })`. Rejects with MillraceClientError unless the answer is 2xx. A GET may be sent again. */
  ask<Name extends EndpointName>(
    name: Name,
    request: ApiRequest<Name>,
    options?: CallOptions,
  ): Promise<ApiAnswer<ApiEndpoints[Name]['answer']>>;
  /** Like `ask`, with the answer as text of another media type than JSON: `{ accept: 'text/csv' }`. */
  askText<Name extends EndpointName>(
    name: Name,
    request: ApiRequest<Name> & { readonly accept: string },
    options?: CallOptions,
  ): Promise<ApiAnswer<string>>;
  /** The answer of a job as its request would have got it at once, whatever its status; undefined until the job has ended. Rejects as `ask` for an unknown job. */
  jobAnswer(id: string, options?: JobAnswerOptions): Promise<JobAnswer | undefined>;
  /** The job as it is, and after each change of its state, until it has ended. Leaving the loop ends it; rejects as `events`. */
  jobEvents(id: string, options?: JobEventOptions): AsyncIterable<Job>;
  /** What happens to the server, from now on or behind the event with the id `after`. Leaving the loop ends it; rejects as `ask`, and when the connection is lost. */
  events(options?: FollowOptions): AsyncIterable<ApiEvent>;
}

export interface JobEventOptions extends CallOptions {
  /** Version of the job that is known. */
  readonly after?: number;
}

export interface FollowOptions extends CallOptions {
  /** Id of the last event that is known. */
  readonly after?: string;
}

/** All that requests may have. */
interface AnyRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: object;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isExpected?: HttpRequest['isExpected'];
}

/** Connects to the server's own API. No request is sent before the first one that is asked for. */
export function connectApi(url: string | URL, options: ClientOptions = {}): MillraceApi {
  const connection = createConnection(url, options);
  const send = (name: EndpointName, request: AnyRequest, call: CallOptions | undefined) => {
    const { params = {}, query, body, headers = {}, isExpected } = request;
    const method = methodOf(name);
    return connection.send({
      method,
      path: endpointPath(name, params as PathParameters<EndpointName>, query),
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      // undefined stays undefined.
      body: JSON.stringify(body),
      idempotent: method === 'GET',
      isExpected,
      budget: connection.budget(call),
    });
  };
  const follow = async function* (path: string, call: CallOptions) {
    const headers = { accept: 'text/event-stream' };
    const budget = connection.budget(call);
    const pieces = connection.stream({ method: 'GET', path, headers, idempotent: false, budget });
    for await (const { data } of readEvents(pieces, connection.maxResponseBytes)) yield JSON.parse(data);
  };
  return {
    async ask(name, request, call) {
      const answer = await send(name, request, call);
      // The server answers as the types say, or has an answer without a body.
      return { body: readJson(answer) as never, headers: answer.headers };
    },
    async askText(name, request, call) {
      const { headers, accept }: AnyRequest & { readonly accept: string } = request;
      const answer = await send(name, { ...request, headers: { ...headers, accept } }, call);
      return { body: new TextDecoder().decode(answer.body), headers: answer.headers };
    },
    async jobAnswer(id, { waitMs = 0, ...call } = {}) {
      const request: AnyRequest = {
        params: { job: id },
        headers: { prefer: `wait=${Math.ceil(waitMs / 1_000)}` },
        isExpected: (answer) => answer.headers.has('x-millrace-job'),
      };
      const answer = await send('GET /jobs/{job}', request, call);
      // No inference is answered with it.
      return answer.status === 202 ? undefined : answer;
    },
    jobEvents: (id, { after, ...call } = {}) =>
      follow(endpointPath('GET /jobs/{job}/events', { job: id }, { after }), call),
    events: ({ after, ...call } = {}) => follow(endpointPath('GET /events', {}, { after }), call),
  };
}

function readJson(answer: HttpAnswer): unknown {
  return answer.body.byteLength === 0 ? undefined : parseJson(answer);
}
