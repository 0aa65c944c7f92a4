import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { type Clock, excerpt } from '../core/index.js';
import { InternalAddressError, isInternalAddress, publicLookup, type Resolve } from '../network/index.js';

/** Of an answer; the rest is not read. */
const MAX_BODY_BYTES = 16_384;
const MAX_HEADER_BYTES = 16_384;
const MAX_MESSAGE_LENGTH = 300;

export interface ReceiverClientSetup {
  readonly clock: Clock;
  /** Longest time of a request, from the look-up of its host to the end of its answer. */
  readonly timeoutMs: number;
  /** PEM of authorities to trust in place of the usual ones; read for each request. undefined = the usual ones. */
  readonly ca: () => Promise<string | undefined>;
  readonly resolve?: Resolve | undefined;
}

export interface ReceiverRequest {
  readonly method: 'POST' | 'OPTIONS';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** It may have internal addresses. */
  readonly isPrivate: boolean;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

export interface ReceiverAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** There is no answer: the message says why. */
export class ReceiverUnreachable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReceiverUnreachable';
  }
}

/**
 * Sends requests to receivers, which callers have named: to the address that was looked up and checked, each over a connection of its own. It
 * follows no redirect, and reads little of an answer.
 */
export class ReceiverClient {
  readonly #setup: ReceiverClientSetup;

  constructor(setup: ReceiverClientSetup) {
    this.#setup = setup;
  }

  /** Rejects with ReceiverUnreachable where there is no answer. */
  async send(request: ReceiverRequest): Promise<ReceiverAnswer> {
    const { url, isPrivate } = request;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    try {
      // An address is not looked up.
      if (!isPrivate && isIP(host) !== 0 && isInternalAddress(host)) throw new InternalAddressError(host, host);
      return await this.#exchange(request, await this.#setup.ca());
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // An AggregateError, of several addresses, has no message.
      throw new ReceiverUnreachable(`no answer: ${excerpt(message || String(code), MAX_MESSAGE_LENGTH)}`, {
        cause: error,
      });
    }
  }

  #exchange(request: ReceiverRequest, ca: string | undefined): Promise<ReceiverAnswer> {
    const { clock, timeoutMs, resolve: resolveName } = this.#setup;
    const { method, url, headers, body = '', isPrivate, signal } = request;
    const lookup = isPrivate ? resolveName : publicLookup(resolveName);
    const length = method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
    return new Promise((resolve, reject) => {
      const sent = (url.protocol === 'https:' ? https : http).request(url, {
        method,
        headers: { 'user-agent': 'millrace', 'accept-encoding': 'identity', ...headers, ...length },
        agent: false,
        maxHeaderSize: MAX_HEADER_BYTES,
        signal,
        ...(lookup && { lookup }),
        ...(ca !== undefined && { ca }),
      });
      const timer = clock.setTimer(timeoutMs, () => sent.destroy(new Error(`nothing within ${timeoutMs} ms`)));
      sent
        .on('error', reject)
        .on('close', () => timer.clear())
        .on('response', (answer) => {
          const done = () => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
            sent.destroy();
          };
          let left = MAX_BODY_BYTES;
          answer
            .on('data', (chunk: Buffer) => {
              left -= chunk.byteLength;
              if (left < 0) done();
            })
            // Its head is an answer, whatever becomes of the rest.
            .on('end', done)
            .on('error', done);
        })
        .end(body);
    });
  }
}
