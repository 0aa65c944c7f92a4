import { STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../core/index.js';
import { HttpError, prematureEnd } from '../http-error.js';
import type { Connections } from './connection.js';

const LINGER_MS = 1_000;

/** What Node's parser or timers say about a client, as an error to answer with; undefined when nobody is left to answer. */
export function clientErrorOf(
  error: Error & { readonly code?: string },
  limits: { maxHeaderBytes: number },
): HttpError | undefined {
  switch (error.code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined;
    case 'HPE_HEADER_OVERFLOW':
      return headersTooLarge(limits);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new HttpError(413, 'the chunk extensions are too large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return requestTimeout();
    case 'HPE_INVALID_EOF_STATE':
      return prematureEnd();
    default:
      return new HttpError(400, `not a valid HTTP/1.1 request: ${error.message.replace(/^Parse Error: /, '')}`);
  }
}

export function headersTooLarge({ maxHeaderBytes }: { readonly maxHeaderBytes: number }): HttpError {
  return new HttpError(431, `the headers are too large: expected at most ${maxHeaderBytes} bytes`);
}

export function requestTimeout(): HttpError {
  return new HttpError(408, 'the request did not arrive in time');
}

/** Answers a request that never became one, or fails the one whose body is arriving, and ends the connection. */
export function answerClientError(error: HttpError | undefined, stream: Duplex, options: AnswerOptions): void {
  if (!(stream instanceof Socket) || error === undefined) {
    stream.destroy();
    return;
  }
  const connection = options.connections.of(stream);
  const newest = connection.openExchanges.at(-1);
  const isIncomplete = newest?.req.complete === false;
  if (connection.closing) {
    // It ends already. Where its last request does not come whole any more, that has to end as well.
    if (isIncomplete) newest.fail(error);
    return;
  }
  if (!stream.writable) {
    stream.destroy();
    return;
  }
  connection.closing = true;
  const hangUp = (renderFarewell?: () => string) => {
    const isLast = renderFarewell === undefined || connection.hasSaidClose || !stream.writable;
    stream.end(isLast ? '' : renderFarewell());
    // Closing at once would reset the connection under a client that still sends.
    options.clock.setTimer(LINGER_MS, () => stream.destroy());
  };
  const render = () => options.render(error);
  if (newest === undefined) hangUp(render);
  else if (isIncomplete) {
    // It is what is wrong. Its answer may be made already: it keeps the connection.
    connection.onIdle = hangUp;
    newest.fail(error);
  } else {
    connection.hasFarewell = true;
    connection.onIdle = () => hangUp(render);
  }
}

export interface AnswerOptions {
  readonly clock: Clock;
  readonly connections: Connections;
  /** The bytes of the answer. */
  readonly render: (error: HttpError) => string;
}

/** A complete HTTP/1.1 answer that closes the connection, for where there is no ServerResponse. */
export function renderRaw(status: number, headers: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`;
}
