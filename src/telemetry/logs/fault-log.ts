import { type Clock, type EventBus, formatModelRef } from '../../core/index.js';
import { describeError } from './describe-error.js';
import { callFields, type Logger } from './logger.js';

const WINDOW_MS = 1_000;
const MOST_IN_WINDOW = 10;

interface FaultLogOptions {
  readonly events: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A line for every inference that failed by a fault (`internal`), for servers without an access log; at most ten a second,
 * and `skipped` counts those that got none since the line before. The returned function ends it.
 */
export function startFaultLog({ events, clock, logger }: FaultLogOptions): () => void {
  let windowEndsAt = Number.NEGATIVE_INFINITY;
  let faults = 0;
  let skipped = 0;
  return events.subscribe('inferFinished', ({ call, target, ref, error }) => {
    if (error?.code !== 'internal') return;
    const now = clock.now();
    if (now >= windowEndsAt) {
      windowEndsAt = now + WINDOW_MS;
      faults = 0;
    }
    if (++faults > MOST_IN_WINDOW) {
      skipped++;
      return;
    }
    const model = ref === undefined ? target.name : formatModelRef(ref);
    logger.log({
      room: 'service',
      level: 'error',
      message: `an inference of model ${model} failed`,
      fields: { ...callFields(call), model, ...describeError(error), ...(skipped > 0 ? { skipped } : {}) },
    });
    skipped = 0;
  });
}
