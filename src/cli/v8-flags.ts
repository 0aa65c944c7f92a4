import { setFlagsFromString } from 'node:v8';

/**
 * Sets V8's heap of this process up for a server. docs/performance/findings.md has the figures.
 *
 * - V8 counts buffers, and so the bodies of requests, into a heap that is small here (some 20 MB). Its own allowance of 24 MB until
 *   all of it is collected again is used up by 40 bodies of 600 KB, several times a second for as long as they come: it may
 *   grow to three times what was left.
 * - What is made while models load lives long. V8 concludes that what the same lines make later does too, and puts the objects of
 *   every request where only a full collection finds them: it shall not conclude that.
 */
export function setServerFlags(): void {
  setFlagsFromString('--heap-growing-percent=200');
  setFlagsFromString('--no-allocation-site-pretenuring');
}
