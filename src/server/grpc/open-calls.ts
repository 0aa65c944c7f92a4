import type { Clock, Timer } from '../../core/index.js';
import { type OpenRequest, OpenRequests } from '../open-requests.js';

/** The open calls of one server, which are checked now and then: HTTP/2 notices no stream that has stopped. */
export class OpenCalls extends OpenRequests {
  readonly #clock: Clock;
  readonly #checkIntervalMs: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, checkIntervalMs: number) {
    super();
    this.#clock = clock;
    this.#checkIntervalMs = checkIntervalMs;
  }

  override add(call: OpenRequest): void {
    super.add(call);
    this.#timer ??= this.#clock.setTimer(this.#checkIntervalMs, () => this.#check());
  }

  #check(): void {
    const now = this.#clock.now();
    for (const call of this.all()) call.check(now);
    const more = this.all().length > 0;
    this.#timer = more ? this.#clock.setTimer(this.#checkIntervalMs, () => this.#check()) : undefined;
  }
}
