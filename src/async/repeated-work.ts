import type { Clock, Timer } from '../core/index.js';

export interface RepeatedWorkSetup {
  readonly clock: Clock;
  /** From the end of the work, or from {@link RepeatedWork.start}, to the next time. */
  readonly intervalMs: number;
  /** `isClosed`: the rest is not to be done any more. */
  readonly work: (isClosed: () => boolean) => Promise<void>;
  /** Called for the first failure, until the work has succeeded again. */
  readonly onFailure: (error: unknown) => void;
}

/** Does work again and again, one time after the other. */
export class RepeatedWork {
  readonly #setup: RepeatedWorkSetup;
  #timer: Timer | undefined;
  #working: Promise<void> = Promise.resolve();
  #isFailing = false;
  #isClosed = false;

  constructor(setup: RepeatedWorkSetup) {
    this.#setup = setup;
  }

  start(): void {
    if (this.#isClosed) return;
    this.#timer?.clear();
    this.#timer = this.#setup.clock.setTimer(this.#setup.intervalMs, () => {
      this.#working = this.#work().finally(() => this.start());
    });
  }

  /** Resolves when the work that is under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.clear();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { work, onFailure } = this.#setup;
    try {
      await work(() => this.#isClosed);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing && !this.#isClosed) onFailure(error);
      this.#isFailing = true;
    }
  }
}
