import { HttpError } from '../http-error.js';

/** How long a call may last: the smaller of `X-Request-Timeout-Ms` and the server's own limit. Throws 400 when malformed. */
export function requestTimeoutMs(header: string | string[] | undefined, limitMs: number): number {
  if (header === undefined) return limitMs;
  const value = typeof header === 'string' && /^\d{1,15}(\.\d{1,6})?$/.test(header) ? Number(header) : 0;
  if (value <= 0) {
    throw new HttpError(
      400,
      `header x-request-timeout-ms: expected milliseconds greater than 0, got '${String(header)}'`,
    );
  }
  return Math.min(value, limitMs);
}
