import { type Clock, MillraceError, type Principal } from '../../core/index.js';
import { FailedKeys } from './failed-keys.js';

/** Addresses remembered of a principal, and principals whose addresses are. */
const MAX_ADDRESSES = 1_000;
const MAX_PRINCIPALS = 100_000;

/** Lets nobody try keys from one address for long, and locks out nobody who has come from there before. */
export class Door {
  readonly #failed: FailedKeys;
  /** By name of the principal. */
  readonly #addresses = new Map<string, Set<string>>();

  constructor(maxFailedKeysPerMinute: number, clock: Clock) {
    this.#failed = new FailedKeys(maxFailedKeysPerMinute, clock);
  }

  /** Throws where too many have failed from an address that the principal has not come from. */
  welcome(principal: Principal, address: string): Principal {
    const { name } = principal;
    let addresses = this.#addresses.get(name);
    if (addresses?.has(address)) return principal;
    this.#failed.check(address);
    if (addresses === undefined) {
      if (this.#addresses.size >= MAX_PRINCIPALS) this.#addresses.clear();
      addresses = new Set();
      this.#addresses.set(name, addresses);
    }
    if (addresses.size >= MAX_ADDRESSES) addresses.clear();
    addresses.add(address);
    return principal;
  }

  /** What to throw for an error: itself, or that there were too many. Only `unauthenticated` counts as an attempt. */
  refuse(error: unknown, address: string): unknown {
    if (!(error instanceof MillraceError) || error.code !== 'unauthenticated') return error;
    try {
      this.#failed.check(address);
    } catch (tooMany) {
      return tooMany;
    }
    this.#failed.add(address);
    return error;
  }
}
