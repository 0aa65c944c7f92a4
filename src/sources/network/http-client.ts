import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type Clock, MillraceError } from '../../core/index.js';
import { InternalAddressError, isInternalAddress, publicLookup, type Resolve } from '../../network/index.js';
import { MAX_REDIRECTS } from '../limits.js';

export interface HttpSetup {
  readonly clock: Clock;
  /** Longest wait for a connection, an answer, or the next piece of one. */
  readonly stallMs: number;
  /** Servers may send us to internal addresses. */
  readonly allowPrivate: boolean;
  /** Servers that may be internal without that. Default: none. */
  readonly isPrivate?: (url: URL) => boolean;
  readonly resolve?: Resolve;
  /** Certificates (PEM) to trust in place of the usual ones. */
  readonly ca?: string;
  /** What is said where an internal address is refused. Default: how the command allows it. */
  readonly internalAdvice?: string;
  /** Ends all requests, and what comes of their answers. */
  readonly signal?: AbortSignal;
}

export interface HttpRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The origin that the user has named: it may be internal, and is the only one that gets `authorization`. */
  readonly trusted?: string | undefined;
  readonly authorization?: string | undefined;
  /** Throws where a redirect to this URL may not be followed. Default: all may, within what {@link HttpClient.get} says. */
  readonly checkRedirect?: (url: string) => void;
}

/** An answer whose body has not been read; somebody must read it or destroy it. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: IncomingMessage;
  /** Where it came from in the end. */
  readonly url: string;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** GET requests that follow redirects, but not to where a server must not send us, and do not wait for ever. */
export class HttpClient {
  readonly #setup: HttpSetup;

  constructor(setup: HttpSetup) {
    this.#setup = setup;
  }

  /**
   * Rejects with the signal's reason, with `unavailable` where nobody answers, and with `failed_precondition` where a redirect or a name leads to an
   * internal address, or to one without encryption.
   */
  async get(request: HttpRequest): Promise<HttpAnswer> {
    let { url } = request;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await this.#getOnce(request, checkedUrl(url, { request, isFirst: redirects === 0 }));
      const { location } = answer.headers;
      if (!REDIRECTS.has(answer.status) || location === undefined) return answer;
      answer.body.destroy();
      if (!URL.canParse(location, url)) throw refused(`${url} redirects to '${location}', which is no URL`);
      url = new URL(location, url).href;
      request.checkRedirect?.(url);
    }
    throw refused(`${request.url} redirects more than ${MAX_REDIRECTS} times`);
  }

  async #getOnce(request: HttpRequest, url: URL): Promise<HttpAnswer> {
    const isTrusted = url.origin === request.trusted;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const mayBeInternal = isTrusted || this.#setup.allowPrivate || this.#setup.isPrivate?.(url) === true;
    if (!mayBeInternal && isAddress(url.hostname) && isInternalAddress(host)) {
      throw this.#internal(url, new InternalAddressError(host, host));
    }
    const headers = {
      'accept-encoding': 'identity',
      'user-agent': 'millrace',
      ...request.headers,
      ...(isTrusted && request.authorization !== undefined ? { authorization: request.authorization } : {}),
    };
    const { signal } = this.#setup;
    const lookup = mayBeInternal ? this.#setup.resolve : publicLookup(this.#setup.resolve);
    try {
      const body = await this.#send(url, { headers, ...(lookup && { lookup }), ...(signal && { signal }) });
      return { status: body.statusCode ?? 0, headers: body.headers, body, url: url.href };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof InternalAddressError) throw this.#internal(url, error);
      throw unreachable(url, error);
    }
  }

  #internal(url: URL, { message }: InternalAddressError): MillraceError {
    const { internalAdvice = '--allow-private lifts that' } = this.#setup;
    return refused(`${url.origin} is not asked: ${message}; ${internalAdvice}`);
  }

  #send(url: URL, options: https.RequestOptions): Promise<IncomingMessage> {
    const { clock, stallMs, ca } = this.#setup;
    const { request } = url.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const sent = request(url, { ...options, agent: false, ...(ca === undefined ? {} : { ca }) });
      let stalling: http.ClientRequest | IncomingMessage = sent;
      const stall = () => stalling.destroy(new Error(`nothing came for ${stallMs / 1_000} s`));
      let timer = clock.setTimer(stallMs, stall);
      const restart = () => {
        timer.clear();
        timer = clock.setTimer(stallMs, stall);
      };
      sent
        .on('error', reject)
        .on('close', () => timer.clear())
        .on('response', (answer) => {
          stalling = answer;
          answer.socket.on('data', restart);
          // It may fail before somebody reads it, who is to hear of it then.
          answer.on('error', () => undefined);
          restart();
          resolve(answer);
        })
        .end();
    });
  }
}

function checkedUrl(
  text: string,
  { request, isFirst }: { readonly request: HttpRequest; readonly isFirst: boolean },
): URL {
  const url = new URL(text);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && url.origin === request.trusted)) return url;
  const what = isFirst ? `${text} is not encrypted` : `${request.url} redirects to ${text}, which is not encrypted`;
  throw refused(`${what}; expected https://`);
}

function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
}

function refused(message: string): MillraceError {
  return new MillraceError('failed_precondition', message);
}

function unreachable(url: URL, cause: unknown): MillraceError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new MillraceError('unavailable', `${url.origin} does not answer: ${message || code}`, { cause });
}

/** The whole body as text. Rejects with `failed_precondition` where it has more than `maxBytes`. */
export async function readText({ body, url }: HttpAnswer, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw refused(`${url} answers with more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw unreachable(new URL(url), error);
  }
  return Buffer.concat(chunks).toString();
}
