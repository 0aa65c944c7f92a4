import { type Call, type InferRequest, type InferResponse, MillraceError } from '../core/index.js';
import type { Route } from '../routing/index.js';
import type { ArmChoice } from './arm-choice.js';

/** Sees the requests of routes and their answers: to judge, to compare, to join them with what became of them. */
export interface RouteTap {
  /** Whether it may want any request of a route: where no tap does, a request costs no more than asking. Default: yes. */
  wants?(route: Route): boolean;
  /**
   * A request has begun on an arm; undefined = not interested. The request is as its route got it: inputs that lay in shared memory have
   * been read, media is still encoded. Its data may lie in the memory of bodies, which is used again once the request has settled.
   * Never throws, never waits.
   */
  began(choice: ArmChoice, call: Call, request: InferRequest): TapListener | undefined;
}

/** What one tap hears of one request on one arm. */
export interface TapListener {
  /** As the model gave it: of its own name, whole tensors where the caller wants classes. */
  onResponse?(response: InferResponse): void;
  /**
   * It has ended there; called once. `cancelled` says nothing of the arm: its caller has left, its photo could not be decoded, or its
   * version was unloaded before the request could begin. Where another arm takes it over, `began` is called for that one next.
   */
  onEnd(error: MillraceError | undefined): void;
}

/** The taps of a server. */
export class RouteTaps {
  #taps: readonly RouteTap[] = [];

  /** Returns what removes it; it still hears the end of what it listens to. */
  add(tap: RouteTap): () => void {
    this.#taps = [...this.#taps, tap];
    return () => {
      this.#taps = this.#taps.filter((other) => other !== tap);
    };
  }

  /** For one request of a route; undefined = nobody listens. */
  open(call: Call, route: Route): TappedRequest | undefined {
    for (const tap of this.#taps) if (tap.wants?.(route) ?? true) return new TappedRequest(this.#taps, call);
    return undefined;
  }
}

/** One request of a route and those who listen to it. */
export class TappedRequest {
  readonly #taps: readonly RouteTap[];
  readonly #call: Call;
  #choice: ArmChoice | undefined;
  #request: InferRequest | undefined;
  #listeners: readonly TapListener[] = [];

  constructor(taps: readonly RouteTap[], call: Call) {
    this.#taps = taps;
    this.#call = call;
  }

  /** An arm is to run it. The one before, if it has not ended, has lost its version. */
  chosen(choice: ArmChoice): void {
    // An error is made for each request otherwise, and costs as much as the rest of it.
    if (this.#listeners.length > 0) {
      this.ended(new MillraceError('cancelled', 'its version was unloaded before the request could begin'));
    }
    this.#choice = choice;
    this.#begin();
  }

  /** All of its data is there. */
  read(request: InferRequest): void {
    this.#request = request;
    this.#begin();
  }

  responded(response: InferResponse): void {
    for (const listener of this.#listeners) listener.onResponse?.(response);
  }

  /** On the arm that runs it now. */
  ended(error: MillraceError | undefined): void {
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener.onEnd(error);
  }

  #begin(): void {
    const choice = this.#choice;
    const request = this.#request;
    if (choice === undefined || request === undefined) return;
    const listeners: TapListener[] = [];
    for (const tap of this.#taps) {
      const listener = tap.began(choice, this.#call, request);
      if (listener !== undefined) listeners.push(listener);
    }
    this.#listeners = listeners;
  }
}
