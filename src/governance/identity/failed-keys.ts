import { type Clock, MillraceError } from '../../core/index.js';

const WINDOW_MS = 60_000;
/** Addresses that are remembered; of more, the one is forgotten whose window began first. */
const MAX_ADDRESSES = 10_000;

/**
 * An address has sent too many keys that nobody has. Its cause is `unauthenticated`, by which the audit trail knows that somebody was not
 * let in: others are not let in for lack of room.
 */
export class TooManyFailedKeys extends MillraceError {
  constructor(retryAfterMs: number) {
    const cause = new MillraceError('unauthenticated', 'no key is accepted that has not come from there before');
    // Where it was thrown says nothing, and strangers fill the log.
    cause.stack = `${cause.name}: ${cause.message}`;
    super('resource_exhausted', 'too many unknown keys came from this address; try again later', {
      retryAfterMs,
      cause,
    });
    this.name = 'TooManyFailedKeys';
  }
}

interface Window {
  readonly endsAt: number;
  failures: number;
}

/** Counts unknown keys by address, `perMinute` at most; 0 = any number. */
export class FailedKeys {
  readonly #perMinute: number;
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(perMinute: number, clock: Clock) {
    this.#perMinute = perMinute;
    this.#clock = clock;
  }

  /** Throws while the address has used up its failures. */
  check(address: string): void {
    // The usual case costs nothing.
    if (this.#windows.size === 0) return;
    const window = this.#windows.get(address);
    if (window === undefined) return;
    const leftMs = window.endsAt - this.#clock.now();
    if (leftMs <= 0) this.#windows.delete(address);
    else if (window.failures >= this.#perMinute) throw new TooManyFailedKeys(leftMs);
  }

  /** An unknown key came from the address. To be {@link check}ed before. */
  add(address: string): void {
    if (this.#perMinute === 0) return;
    const window = this.#windows.get(address);
    if (window !== undefined) {
      window.failures++;
      return;
    }
    if (this.#windows.size >= MAX_ADDRESSES) {
      for (const oldest of this.#windows.keys()) {
        this.#windows.delete(oldest);
        break;
      }
    }
    this.#windows.set(address, { endsAt: this.#clock.now() + WINDOW_MS, failures: 1 });
  }
}
