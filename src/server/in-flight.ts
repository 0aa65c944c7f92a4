import type { MillraceError } from '../core/index.js';
import type { Exchange } from './exchange.js';

/** The exchanges of a server that are not settled, across all its listeners. */
export class InFlight {
  readonly #exchanges = new Set<Exchange>();
  #onEmpty: (() => void)[] = [];

  get size(): number {
    return this.#exchanges.size;
  }

  add(exchange: Exchange): void {
    this.#exchanges.add(exchange);
  }

  remove(exchange: Exchange): void {
    this.#exchanges.delete(exchange);
    if (this.#exchanges.size > 0 || this.#onEmpty.length === 0) return;
    const waiting = this.#onEmpty;
    this.#onEmpty = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves when there are none: at once, or when the last one settles. */
  empty(): Promise<void> {
    if (this.#exchanges.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  cancelAll(reason: MillraceError): void {
    for (const exchange of this.#exchanges) exchange.cancel(reason);
  }
}
