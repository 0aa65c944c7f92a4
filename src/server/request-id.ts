import { randomBytes } from 'node:crypto';

const SANE = /^[\w.:/+=@-]{1,128}$/;

/** Takes a caller's `X-Request-Id` where it is 1 to 128 harmless characters, else makes one that is unique to the server. */
export function createRequestIds(): (header: string | string[] | undefined) => string {
  const prefix = randomBytes(6).toString('hex');
  let count = 0;
  return (header) => (typeof header === 'string' && SANE.test(header) ? header : `${prefix}-${(++count).toString(36)}`);
}
