import type { Clock, Message, MillraceError } from '../core/index.js';
import { longestWaitMs, type QueuePolicy, queueTimedOut, queueTimeoutMs } from './admission.js';
import type { Pending } from './pending.js';

export interface WaitLimitsOptions {
  readonly mention: Message;
  readonly clock: Clock;
  readonly policyOf: (level: number) => QueuePolicy;
  /** The request must wait no longer. */
  readonly onOver: (item: Pending, error: MillraceError) => void;
  /** The request, which is in the queue, goes behind the others of its level. */
  readonly onDelayed: (item: Pending) => void;
}

/** Limits how long requests wait in the queue, counted from their arrival, however often they come back to it. */
export class WaitLimits {
  readonly #options: WaitLimitsOptions;

  constructor(options: WaitLimitsOptions) {
    this.#options = options;
  }

  /** A request begins to wait. */
  begin(item: Pending): void {
    const ownMs = queueTimeoutMs(this.#options.policyOf(item.level), item.request);
    item.waitMs = Math.min(ownMs, longestWaitMs(item.call));
    this.resume(item);
  }

  /** A request waits, or waits again. */
  resume(item: Pending): void {
    if (item.expiry !== undefined || item.waitMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#options;
    const leftMs = item.enqueuedAt + item.waitMs - clock.now();
    item.expiry = clock.setTimer(Math.max(0, leftMs), () => this.#onExpired(item));
  }

  /** A request waits no longer: it runs. */
  end(item: Pending): void {
    item.expiry?.clear();
    item.expiry = undefined;
  }

  #onExpired(item: Pending): void {
    const { mention, policyOf, onOver, onDelayed } = this.#options;
    item.expiry = undefined;
    const longestMs = longestWaitMs(item.call);
    if (policyOf(item.level).timeoutAction === 'reject' || item.waitMs >= longestMs) {
      onOver(item, queueTimedOut(mention, item.waitMs));
      return;
    }
    item.waitMs = longestMs;
    this.resume(item);
    // What was sent ahead and has not begun still waits; a step of a sequence keeps its turn.
    if (item.place === 'queued' && item.sequence === undefined) onDelayed(item);
  }
}
