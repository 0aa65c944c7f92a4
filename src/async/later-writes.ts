import type { Clock, Timer } from '../core/index.js';

export interface LaterWritesSetup {
  readonly clock: Clock;
  /** A change waits so long, for others to be written together with it. */
  readonly afterMs: number;
  /** Writes all that has changed; rejects where it cannot. */
  readonly write: () => Promise<void>;
  /** Called for the first write that fails, until one has succeeded again. */
  readonly onFailure: (error: unknown) => void;
}

/** Writes what has changed some time later. What comes while it writes, or could not be written, is for the next time. */
export class LaterWrites {
  readonly #setup: LaterWritesSetup;
  #isChanged = false;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isFailing = false;
  #isClosed = false;

  constructor(setup: LaterWritesSetup) {
    this.#setup = setup;
  }

  /** There is something to write. */
  changed(): void {
    this.#isChanged = true;
    if (this.#isClosed) return;
    this.#timer ??= this.#setup.clock.setTimer(this.#setup.afterMs, () => {
      this.#writing = this.#write().then(() => {
        this.#timer = undefined;
        if (this.#isChanged) this.changed();
      });
    });
  }

  /** Writes what has not been written yet, if it can. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.clear();
    await this.#writing;
    if (this.#isChanged) await this.#write();
  }

  async #write(): Promise<void> {
    const { write, onFailure } = this.#setup;
    this.#isChanged = false;
    try {
      await write();
      this.#isFailing = false;
    } catch (error) {
      this.#isChanged = true;
      if (!this.#isFailing) onFailure(error);
      this.#isFailing = true;
    }
  }
}
