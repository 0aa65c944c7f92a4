import { type Clock, shuttingDown, type Timer } from '../core/index.js';

/** Between two attempts. */
const RETRY_MS = 1_000;

export interface TakeOverSetup {
  readonly clock: Clock;
  /** Whether there is something that has to be taken over at the start. */
  readonly isDue: () => Promise<boolean>;
  /** Rejects where another process has it, or it cannot be had. */
  readonly takeOver: () => Promise<void>;
  /** Called for the first attempt of a start that fails, until one has succeeded. */
  readonly onFailure: (error: unknown) => void;
}

/** Makes this process the one that does what is stored: at the start where something is, else when something is to be stored. */
export class TakeOver {
  readonly #setup: TakeOverSetup;
  #opening: Promise<void> | undefined;
  #starting: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(setup: TakeOverSetup) {
    this.#setup = setup;
  }

  /** Never rejects: what cannot be had is tried again. */
  start(): Promise<void> {
    this.#starting = this.#tryToStart();
    return this.#starting;
  }

  /** The attempt of the start that is under way has ended. */
  get started(): Promise<void> {
    return this.#starting;
  }

  /** Takes it over, where that is not done. Rejects as the setup's `takeOver`, and with `unavailable` once it is closed. */
  opened(): Promise<void> {
    if (this.#isClosed) return Promise.reject(shuttingDown());
    this.#opening ??= this.#setup.takeOver().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
  }

  async #tryToStart(): Promise<void> {
    const { clock, isDue, onFailure } = this.#setup;
    try {
      if (await isDue()) await this.opened();
      this.#isFailing = false;
    } catch (error) {
      if (this.#isClosed) return;
      if (!this.#isFailing) onFailure(error);
      this.#isFailing = true;
      this.#timer = clock.setTimer(RETRY_MS, () => void this.start());
    }
  }
}
