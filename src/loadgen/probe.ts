import { MillraceError } from '../core/index.js';
import { Connection } from './connection.js';
import type { LoadOptions } from './options.js';
import { encodeRequest, type LoadRequest } from './request.js';
import { parseTarget } from './target.js';

const MAX_EXCERPT_BYTES = 300;

export interface ProbeOptions extends Pick<LoadOptions, 'url' | 'ca' | 'identity' | 'insecureTls' | 'signal'> {
  readonly request: LoadRequest;
  /** Ends after so many answers, or after so long, whichever comes first; at least one request is sent. */
  readonly requests: number;
  readonly durationMs: number;
  /** Wait between an answer and the next request; default none. */
  readonly pauseMs?: () => number;
  /** A request without an answer for this long fails the probe; default 30000. */
  readonly timeoutMs?: number;
}

/** One answer. */
export interface Probed {
  /** From when it was sent to its last byte. */
  readonly latencyMs: number;
  /** `Server-Timing`; '' where the server does not give it. */
  readonly serverTiming: string;
}

/**
 * Sends one request after the other on one connection, and returns what each took. Rejects with `unavailable` when the server does not answer,
 * `failed_precondition` when it refuses, `cancelled` when `signal` fires.
 */
export function probe(options: ProbeOptions): Promise<readonly Probed[]> {
  const { url, request, requests, durationMs, pauseMs, timeoutMs = 30_000, signal } = options;
  const target = parseTarget(url);
  const bytes = encodeRequest(target, request);
  return new Promise((resolve, reject) => {
    const probed: Probed[] = [];
    const beganAt = performance.now();
    let sentAt = 0;
    let pause: NodeJS.Timeout | undefined;
    let limit: NodeJS.Timeout | undefined;
    const connection = new Connection(
      {
        target,
        insecureTls: options.insecureTls ?? false,
        ca: options.ca,
        identity: options.identity,
        maxKeptBytes: MAX_EXCERPT_BYTES,
      },
      {
        onAnswer({ status, body, serverTiming }) {
          const now = performance.now();
          clearTimeout(limit);
          if (status < 200 || status > 299) {
            const excerpt = Buffer.from(body.subarray(0, MAX_EXCERPT_BYTES)).toString();
            end(new MillraceError('failed_precondition', `${url}: expected an answer, got ${status}: ${excerpt}`));
            return;
          }
          probed.push({ latencyMs: now - sentAt, serverTiming });
          if (probed.length >= requests || now - beganAt >= durationMs) end();
          else if (pauseMs === undefined) setImmediate(send);
          else pause = setTimeout(send, pauseMs());
        },
        onFailure: (reason) => end(new MillraceError('unavailable', `${url} does not answer: ${reason}`)),
      },
    );
    const abort = (): void => end(new MillraceError('cancelled', 'probe: stopped before it was done'));
    let ended = false;
    function end(error?: MillraceError): void {
      if (ended) return;
      ended = true;
      clearTimeout(pause);
      clearTimeout(limit);
      signal?.removeEventListener('abort', abort);
      connection.abort('done');
      if (error === undefined) resolve(probed);
      else reject(error);
    }
    function send(): void {
      if (ended) return;
      limit = setTimeout(() => connection.abort(`no answer in ${timeoutMs} ms`), timeoutMs);
      sentAt = performance.now();
      connection.send(bytes);
    }
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    else send();
  });
}
