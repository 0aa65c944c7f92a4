import { type Clock, type EventBus, type MillraceError, type Timer, toMillraceError } from '../core/index.js';
import type { Store, StoreWriter } from './types.js';

interface StoreFollowerSetup {
  readonly store: Pick<Store, 'watch'>;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Keep in memory what the store has. */
  readonly readers: readonly StoreReader[];
}

interface StoreReader {
  /** Takes what other processes have written; rejects where it cannot be read, and is asked again. */
  catchUp(): Promise<void>;
}

/** How often a process asks whether others have written. */
const INTERVAL_MS = 1_000;

/** Notices what other processes write to the store while this one runs, and which of them may. */
export class StoreFollower {
  readonly #setup: StoreFollowerSetup;
  #version: string | undefined;
  #writer: StoreWriter = 'unknown';
  #problem = '';
  #timer: Timer | undefined;
  #polling: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(setup: StoreFollowerSetup) {
    this.#setup = setup;
  }

  /** Asks once a second from now on. */
  start(): void {
    if (this.#isClosed) return;
    this.#timer = this.#setup.clock.setTimer(INTERVAL_MS, () => {
      this.#polling = this.#poll().then(() => this.start());
    });
  }

  /** Waits for what is being read. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.clear();
    await this.#polling;
  }

  /** Never rejects. */
  async #poll(): Promise<void> {
    try {
      const { version, writer } = await this.#setup.store.watch();
      this.#noteWriter(writer);
      if (version !== this.#version) await this.#catchUp();
      this.#version = version;
      if (this.#problem !== '') this.#publish('info', 'the changes of other servers are read from the store again');
      this.#problem = '';
    } catch (error) {
      this.#noteProblem(toMillraceError(error));
    }
  }

  /** One that fails keeps no other from its changes. */
  async #catchUp(): Promise<void> {
    const settled = await Promise.allSettled(this.#setup.readers.map((reader) => reader.catchUp()));
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
  }

  /** Says the same once in a row. */
  #noteProblem({ message }: MillraceError): void {
    if (message === this.#problem) return;
    this.#problem = message;
    this.#publish('error', `changes of other servers cannot be read from the store, and do not apply here: ${message}`);
  }

  #noteWriter(writer: StoreWriter): void {
    const before = this.#writer;
    this.#writer = writer;
    if (writer === before) return;
    if (writer === 'another') {
      const message =
        'another server writes the store: this one follows its changes and refuses its own until that server ends';
      this.#publish('warn', message);
    } else if (before === 'another') this.#publish('info', 'this server writes the store now');
  }

  #publish(level: 'info' | 'warn' | 'error', message: string): void {
    this.#setup.events.publish('diagnostic', { level, room: 'store', message });
  }
}
