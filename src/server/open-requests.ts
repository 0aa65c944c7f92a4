import type { MillraceError, Principal } from '../core/index.js';

/** A request that is open. */
export interface OpenRequest {
  /** Neighbours in the list of open requests; the list's own. */
  previous: OpenRequest | undefined;
  next: OpenRequest | undefined;
  /** Who asks; undefined = it is not known yet, or nobody in particular. */
  readonly principal: Principal | undefined;
  /** Gives up on it; the client learns why. */
  cancel(reason: MillraceError): void;
  /** The server shuts down: does not wait for a client that does nothing. */
  hurry(): void;
  /** Ends it at once, whatever its client has not taken yet. */
  cutOff(): void;
  /** Ends it where it has gone on for longer than it may. */
  check(now: number): void;
}

/** The open requests of one server: a linked list, as a request enters and leaves it tens of thousands of times a second. */
export class OpenRequests {
  #first: OpenRequest | undefined;
  readonly #onIdle: (() => void)[] = [];

  add(request: OpenRequest): void {
    const first = this.#first;
    request.next = first;
    if (first !== undefined) first.previous = request;
    this.#first = request;
  }

  remove(request: OpenRequest): void {
    const { previous, next } = request;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    request.previous = undefined;
    request.next = undefined;
    if (this.#first === undefined && this.#onIdle.length > 0) {
      for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  /** Resolves when none is open: at once, or when the last one has settled. */
  idle(): Promise<void> {
    if (this.#first === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  cancelAll(reason: MillraceError): void {
    for (const request of this.all()) request.cancel(reason);
  }

  /** Those of some principals. */
  of(principals: ReadonlySet<Principal>): readonly OpenRequest[] {
    return this.all().filter(({ principal }) => principal !== undefined && principals.has(principal));
  }

  /** Waits from now on only for clients that do something. */
  drain(): void {
    for (const request of this.all()) request.hurry();
  }

  /** All of them in an array: what is done to a request may take it out of the list. */
  all(): readonly OpenRequest[] {
    const all: OpenRequest[] = [];
    for (let request = this.#first; request !== undefined; request = request.next) all.push(request);
    return all;
  }
}
