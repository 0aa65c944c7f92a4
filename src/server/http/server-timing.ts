import { queueMs, type Timing } from '../../core/index.js';

/**
 * The `Server-Timing` header of one call (W3C Server Timing): milliseconds in decode, prepare, queue, batch (taken out of the queue,
 * not yet started), compute, response cache and encode, and in all. Stages that the call has not been through are left out. Only the total is
 * given where the stages would show that another caller has sent the same request.
 */
export function formatServerTiming(timing: Timing, now: number): string {
  let text = '';
  if (timing.cacheIsShared) return `total;dur=${ms(now - timing.receivedAt)}`;
  if (timing.decodedAt > 0) text += `decode;dur=${ms(timing.decodedAt - timing.receivedAt)}, `;
  if (timing.prepareMs > 0) text += `prepare;dur=${ms(timing.prepareMs)}, `;
  if (timing.startedAt > 0) {
    text += `queue;dur=${ms(queueMs(timing))}, batch;dur=${ms(timing.startedAt - timing.dequeuedAt)}, `;
  }
  if (timing.finishedAt > 0) text += `compute;dur=${ms(timing.finishedAt - timing.startedAt)}, `;
  if (timing.cache === 'hit') text += `cache;desc=hit;dur=${ms(timing.cacheMs)}, `;
  if (timing.encodeMs > 0) text += `encode;dur=${ms(timing.encodeMs)}, `;
  return `${text}total;dur=${ms(now - timing.receivedAt)}`;
}

/** What stands behind the whole milliseconds, by the microseconds: '', '.001' … '.01' … '.999'. */
const FRACTIONS: readonly string[] = Array.from({ length: 1_000 }, (_, us) => String(us / 1_000).slice(1));

/**
 * Milliseconds with up to three decimals. V8 itself remembers the text of every fraction that it writes, in a table that outlives
 * the request: garbage in the old space (docs/performance/findings.md).
 */
function ms(duration: number): string {
  const us = Math.round(duration * 1_000);
  if (us <= 0) return '0';
  const whole = Math.trunc(us / 1_000);
  return `${whole}${FRACTIONS[us - whole * 1_000]}`;
}
