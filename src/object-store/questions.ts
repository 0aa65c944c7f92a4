import { type EventBus, MillraceError, toMillraceError } from '../core/index.js';
import { ObjectStoreError } from './errors.js';

/**
 * Asks a store on behalf of callers. What it says of an object is for them; all else (addresses, files, credentials that are missing) is for the log, once
 * until the store can be used again.
 */
export class StoreQuestions {
  readonly #setup: { readonly events: EventBus; readonly room: 'batches' | 'jobs' };
  #isFailing = false;

  /** `room`: that asks, for the log. */
  constructor(setup: { readonly events: EventBus; readonly room: 'batches' | 'jobs' }) {
    this.#setup = setup;
  }

  async ask<Result>(signal: AbortSignal, ask: () => Promise<Result>): Promise<Result> {
    try {
      const result = await ask();
      this.#isFailing = false;
      return result;
    } catch (thrown) {
      const error = toMillraceError(thrown);
      if (signal.aborted || error instanceof ObjectStoreError) throw error;
      const { events, room } = this.#setup;
      const message = `the object store cannot be used: ${error.message}`;
      if (!this.#isFailing) events.publish('diagnostic', { level: 'warn', room, message, error });
      this.#isFailing = true;
      throw new MillraceError(error.code, 'the object store cannot be used; the log of the server says why', {
        cause: error,
      });
    }
  }
}
