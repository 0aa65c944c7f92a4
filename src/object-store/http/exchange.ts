import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type Clock, MillraceError, messageOf } from '../../core/index.js';

export type ObjectHeaders = IncomingHttpHeaders;

export interface ExchangeSetup {
  readonly clock: Clock;
  /** Longest time without a byte in either direction, in milliseconds. */
  readonly stallTimeoutMs: number;
  readonly maxConnections: number;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body has not been read: the caller reads or destroys it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: ObjectHeaders;
  readonly body: IncomingMessage;
}

/** The connection failed, broke or stalled: another attempt may succeed. */
export class ConnectionError extends MillraceError {
  constructor(origin: string, cause: unknown) {
    const { code } = cause as NodeJS.ErrnoException;
    super('unavailable', `${origin} does not answer: ${messageOf(cause) || code}`, { cause });
    this.name = 'ConnectionError';
  }
}

/** HTTP requests over kept connections. It follows no redirect: the host is that of the request. */
export class HttpExchanges {
  readonly #setup: ExchangeSetup;
  readonly #http: http.Agent;
  readonly #https: https.Agent;

  constructor(setup: ExchangeSetup) {
    this.#setup = setup;
    const options = { keepAlive: true, maxSockets: setup.maxConnections, maxFreeSockets: 4, timeout: 0 };
    this.#http = new http.Agent(options);
    this.#https = new https.Agent(options);
  }

  /** Rejects with the signal's reason, and with {@link ConnectionError}. The body fails with an error of the connection, not with that class. */
  send(request: HttpRequest): Promise<HttpAnswer> {
    const { method, url: text, headers, body, signal } = request;
    const url = new URL(text);
    const isSecure = url.protocol === 'https:';
    const length = body === undefined ? {} : { 'content-length': String(body.byteLength) };
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const sent = (isSecure ? https : http).request(url, {
        method,
        // The path as it was signed.
        path: text.slice(text.indexOf('/', text.indexOf('//') + 2)),
        agent: isSecure ? this.#https : this.#http,
        headers: { 'accept-encoding': 'identity', 'user-agent': 'millrace', ...headers, ...length },
      });
      const abort = () => sent.destroy(toError(signal?.reason));
      const watch = this.#watch(sent);
      signal?.addEventListener('abort', abort, { once: true });
      sent
        .on('error', (error) =>
          reject(signal?.aborted === true ? signal.reason : new ConnectionError(url.origin, error)),
        )
        .on('close', () => {
          watch.clear();
          signal?.removeEventListener('abort', abort);
        })
        .on('response', (answer) => {
          // It may fail before it is read; reading it reports that.
          answer.on('error', () => undefined);
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer });
        })
        .end(body);
    });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  /** Breaks a request off whose connection moves no byte; waiting for a free connection, and for a reader that is slow, is no stall. */
  #watch(sent: http.ClientRequest): { clear(): void } {
    const { clock, stallTimeoutMs } = this.#setup;
    let answer: IncomingMessage | undefined;
    let moved = 0;
    const check = () => {
      const { socket } = sent;
      const now = socket === null ? 0 : socket.bytesRead + socket.bytesWritten;
      const isWaited = socket === null || (answer?.readableLength ?? 0) > 0;
      if (now === moved && !isWaited) {
        const error = new Error(`nothing came for ${stallTimeoutMs / 1_000} s`);
        (answer ?? sent).destroy(error);
        return;
      }
      moved = now;
      timer = clock.setTimer(stallTimeoutMs, check);
    };
    sent.on('response', (received) => {
      answer = received;
    });
    let timer = clock.setTimer(stallTimeoutMs, check);
    return { clear: () => timer.clear() };
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** The whole body as text. Destroys it and resolves with what has come by then where it has more than `maxBytes`. */
export async function readText(body: IncomingMessage, maxBytes: number): Promise<{ text: string; isWhole: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      body.destroy();
      return { text: Buffer.concat(chunks).toString(), isWhole: false };
    }
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString(), isWhole: true };
}
