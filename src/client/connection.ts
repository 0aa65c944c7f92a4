import { MillraceClientError } from './errors.js';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry.js';
import {
  type Budget,
  createBudget,
  createTransport,
  type HttpAnswer,
  type HttpRequest,
  streamAnswer,
} from './transport.js';
import type { CallOptions } from './types.js';

export interface ClientOptions {
  /** Bearer key, sent as `Authorization`. */
  readonly key?: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default limit of every call; none when absent (the server has one of its own). */
  readonly timeoutMs?: number;
  /** Retries where that is safe; `false` = never. */
  readonly retry?: Partial<RetryPolicy> | false;
  /** Default of {@link InferOptions.idempotent}. */
  readonly idempotent?: boolean;
  /** Default of {@link InferOptions.binary}. */
  readonly binary?: boolean | 'inputs';
  /** Longest answer that is read. Default 1 GiB. */
  readonly maxResponseBytes?: number;
  /** Another `fetch`: for tests, proxies, client certificates. */
  readonly fetch?: typeof globalThis.fetch;
}

/** A server as the client's parts see it: its address, the defaults, and requests within a budget. */
export interface Connection {
  readonly baseUrl: string;
  readonly binary: boolean | 'inputs';
  readonly idempotent: boolean;
  budget(options?: CallOptions): Budget;
  /** Longest answer, or event of a stream, that is read. */
  readonly maxResponseBytes: number;
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Sends it once; the pieces of the answer's body as they come. */
  stream(request: HttpRequest): AsyncIterable<HttpAnswer>;
  getJson<T>(path: string, budget: Budget): Promise<T>;
  /** Posts JSON; the answer's JSON, or undefined when its body is empty. */
  postJson(path: string, body: unknown, budget: Budget): Promise<unknown>;
  /** The answer's verdict: true for 2xx, false for 400, 404 and 503; rejects for anything else. */
  isOk(path: string, budget: Budget): Promise<boolean>;
}

export function createConnection(url: string | URL, options: ClientOptions): Connection {
  const baseUrl = normalizeUrl(url);
  const transport = {
    baseUrl,
    headers: { ...options.headers, ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }) },
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    retry: { ...DEFAULT_RETRY_POLICY, ...(options.retry === false ? { maxAttempts: 1 } : options.retry) },
    maxResponseBytes: options.maxResponseBytes ?? 1_073_741_824,
  };
  const send = createTransport(transport);
  return {
    baseUrl,
    maxResponseBytes: transport.maxResponseBytes,
    send,
    stream: (request) => streamAnswer(transport, request),
    binary: options.binary ?? true,
    idempotent: options.idempotent ?? false,
    budget: (call = {}) => createBudget(call.timeoutMs ?? options.timeoutMs, call.signal),
    async getJson<T>(path: string, budget: Budget) {
      // What the server sends is trusted to have the documented shape.
      return parseJson(await send({ method: 'GET', path, idempotent: true, budget })) as T;
    },
    async postJson(path, body, budget) {
      const headers = { 'content-type': 'application/json' };
      const answer = await send({
        method: 'POST',
        path,
        headers,
        body: JSON.stringify(body),
        idempotent: false,
        budget,
      });
      return answer.body.byteLength === 0 ? undefined : parseJson(answer);
    },
    async isOk(path, budget) {
      try {
        await send({ method: 'GET', path, idempotent: false, budget });
        return true;
      } catch (error) {
        if (error instanceof MillraceClientError && [400, 404, 503].includes(error.status)) return false;
        throw error;
      }
    },
  };
}

/** `host:port` is taken for http; the path, if any, is where a gateway has put the server. */
function normalizeUrl(url: string | URL): string {
  const text = String(url);
  try {
    const { origin, pathname, protocol } = new URL(text.includes('://') ? text : `http://${text}`);
    if (protocol !== 'http:' && protocol !== 'https:') throw new Error(`unknown protocol ${protocol}`);
    return `${origin}${pathname.replace(/\/+$/, '')}`;
  } catch (cause) {
    throw new MillraceClientError(
      'invalid_argument',
      `'${text}' is not the address of a server; expected http://host:port`,
      { cause },
    );
  }
}

/** What an answer has as JSON. Throws MillraceClientError. */
export function parseJson(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(answer.body));
  } catch (cause) {
    throw new MillraceClientError('internal', "the server's answer is not JSON: is this an inference server?", {
      status: answer.status,
      requestId: answer.headers.get('x-request-id') ?? undefined,
      cause,
    });
  }
}
