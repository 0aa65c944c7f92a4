import { type ByteBudget, MillraceError, type Principal, type PrincipalShares } from '../core/index.js';

const RETRY_AFTER_MS = 1_000;

/** The memory that the requests and answers of a server share. */
export interface BufferMemory {
  /** What requests and answers may hold, those of all transports together. */
  readonly budget: ByteBudget;
  /** What those of one principal may hold of that; undefined = all of it, as there are no keys. */
  readonly shares?: PrincipalShares | undefined;
}

/** What one request holds of the server's memory, and reserves of its principal's share of it. */
export class HeldBytes {
  readonly #memory: BufferMemory;
  #bytes = 0;
  /** Whose share it holds bytes of. */
  #owner = '';
  /** Of the share: what it holds, or what its head has announced where that is more. */
  #sharedBytes = 0;

  constructor(memory: BufferMemory) {
    this.#memory = memory;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Counts bytes that are still to come against the share; throws where there is no room. */
  reserve(bytes: number, principal: Principal): void {
    if (!this.#takeShare(this.#bytes + bytes, principal)) throw shareIsFull(this.#memory);
  }

  /** Counts bytes of a request; throws where there is no room. */
  hold(bytes: number, principal: Principal): void {
    this.reserve(bytes, principal);
    if (this.#memory.budget.take(bytes) !== undefined) throw budgetIsFull(this.#memory);
    this.#bytes += bytes;
  }

  /** The same for an answer. Says nothing of trying again where there is no room: the request was executed. */
  holdAnswer(bytes: number, principal: Principal): MillraceError | undefined {
    if (!this.#takeShare(this.#bytes + bytes, principal)) {
      return new MillraceError(
        'resource_exhausted',
        `this caller already holds ${this.#memory.shares?.maxBytes} bytes of requests and answers, half of what the server may hold, and there is no room for this answer`,
      );
    }
    if (this.#memory.budget.take(bytes) !== undefined) {
      return new MillraceError(
        'resource_exhausted',
        `the server already holds ${this.#memory.budget.maxBytes} bytes of requests and answers, and has no room for this answer`,
      );
    }
    this.#bytes += bytes;
    return undefined;
  }

  /** What came before its caller was known counts as the caller's from now on; throws where there is no room. */
  moveTo(principal: Principal): void {
    const bytes = this.#sharedBytes;
    if (bytes === 0 || principal.name === this.#owner) return;
    this.#freeShare();
    if (!this.#takeShare(bytes, principal)) throw shareIsFull(this.#memory);
  }

  /** Releases all of it. */
  free(): void {
    if (this.#bytes > 0) this.#memory.budget.release(this.#bytes);
    this.#bytes = 0;
    this.#freeShare();
  }

  #freeShare(): void {
    if (this.#sharedBytes > 0) this.#memory.shares?.release(this.#owner, this.#sharedBytes);
    this.#sharedBytes = 0;
  }

  /** Takes more of the share, so that it has `bytes` of it; false = there is no room. */
  #takeShare(bytes: number, principal: Principal): boolean {
    const { shares } = this.#memory;
    const more = bytes - this.#sharedBytes;
    if (shares === undefined || more <= 0) return true;
    if (this.#sharedBytes === 0) this.#owner = principal.name;
    if (!shares.take(this.#owner, more)) return false;
    this.#sharedBytes = bytes;
    return true;
  }
}

function shareIsFull({ shares }: BufferMemory): MillraceError {
  const message = `this caller already holds ${shares?.maxBytes} bytes of requests and answers, half of what the server may hold; try again later`;
  return new MillraceError('resource_exhausted', message, { retryAfterMs: RETRY_AFTER_MS });
}

function budgetIsFull({ budget }: BufferMemory): MillraceError {
  const message = `the server already holds ${budget.maxBytes} bytes of requests and answers; try again later`;
  return new MillraceError('resource_exhausted', message, { retryAfterMs: RETRY_AFTER_MS });
}
