import type { Principal } from '../core/index.js';

/** Of `server.maxBufferedBytes`: what the requests and answers of one principal may hold. */
const SHARE = 1 / 2;

/** What one principal holds of its share. */
export class BufferShare {
  readonly maxBytes: number;
  readonly #onEmpty: () => void;
  #usedBytes = 0;

  constructor(maxBytes: number, onEmpty: () => void) {
    this.maxBytes = maxBytes;
    this.#onEmpty = onEmpty;
  }

  /** Takes the bytes if they fit; false = nothing was taken. */
  take(bytes: number): boolean {
    const fits = this.#usedBytes + bytes <= this.maxBytes;
    if (fits) this.#usedBytes += bytes;
    if (this.#usedBytes === 0) this.#onEmpty();
    return fits;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    if (this.#usedBytes === 0) this.#onEmpty();
  }
}

/**
 * The shares of all principals, so that the unfinished bodies and unread answers of one leave room for those of others. A principal
 * without bytes costs nothing.
 */
export class BufferShares {
  /** Of each share. */
  readonly maxBytes: number;
  readonly #shares = new Map<string, BufferShare>();

  constructor(maxBufferedBytes: number) {
    this.maxBytes = Math.floor(maxBufferedBytes * SHARE);
  }

  of({ name }: Principal): BufferShare {
    const known = this.#shares.get(name);
    if (known !== undefined) return known;
    const share = new BufferShare(this.maxBytes, () => this.#shares.delete(name));
    this.#shares.set(name, share);
    return share;
  }
}
