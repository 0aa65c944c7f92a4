import type { Call, InferRequest, InferResponse, MillraceError } from '../../core/index.js';
import type { ArmChoice, InferenceListener, InferenceObserver, ObservedInference } from '../../inference/index.js';
import type { Route } from '../../routing/index.js';
import type { RouteTable } from './route-table.js';

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

/** Hears one request on one arm for one tap. */
export interface TapListener {
  /** The model's own answer: with the model's name, and whole tensors where the caller asked for classes. */
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

  /** The taps of a route's requests: all, or none where no tap needs any. */
  for(route: Route): readonly RouteTap[] {
    for (const tap of this.#taps) if (tap.wants?.(route) ?? true) return this.#taps;
    return NO_TAPS;
  }
}

const NO_TAPS: readonly RouteTap[] = [];

/** Counts failures of arms. */
type ArmCounts = Pick<RouteTable, 'began' | 'ended'>;

/** Tells the table of routes and the taps what becomes of the requests of routes. */
export function createRouteObserver(table: ArmCounts, taps: RouteTaps) {
  return {
    admit({ call, choice, kind, request }: ObservedInference): InferenceListener | undefined {
      if (kind === 'check') return undefined;
      // A sequence may run on what a route has chosen before.
      if (choice === undefined && request.sequence === undefined) return undefined;
      return new RoutedRequest({ table, taps: choice === undefined ? NO_TAPS : taps.for(choice.route), call });
    },
  } satisfies InferenceObserver;
}

interface RoutedSetup {
  readonly table: ArmCounts;
  readonly taps: readonly RouteTap[];
  readonly call: Call;
}

/** One request of a route, and its listeners. */
class RoutedRequest implements InferenceListener {
  readonly #setup: RoutedSetup;
  #choice: ArmChoice | undefined;
  #request: InferRequest | undefined;
  #listeners: readonly TapListener[] = NO_LISTENERS;

  constructor(setup: RoutedSetup) {
    this.#setup = setup;
  }

  attemptBegan({ choice }: { readonly choice: ArmChoice | undefined }): void {
    this.#choice = choice;
    if (choice === undefined) return;
    this.#setup.table.began(choice);
    this.#begin();
  }

  read(request: InferRequest): void {
    this.#request = request;
    this.#begin();
  }

  responded(response: InferResponse): void {
    for (const listener of this.#listeners) listener.onResponse?.(response);
  }

  attemptEnded(error: MillraceError | undefined): void {
    if (this.#choice !== undefined) this.#setup.table.ended(this.#choice, error);
    const listeners = this.#listeners;
    this.#listeners = NO_LISTENERS;
    for (const listener of listeners) listener.onEnd(error);
  }

  #begin(): void {
    const { taps, call } = this.#setup;
    const choice = this.#choice;
    const request = this.#request;
    if (taps.length === 0 || choice === undefined || request === undefined) return;
    const listeners: TapListener[] = [];
    for (const tap of taps) {
      const listener = tap.began(choice, call, request);
      if (listener !== undefined) listeners.push(listener);
    }
    this.#listeners = listeners;
  }
}

const NO_LISTENERS: readonly TapListener[] = [];
