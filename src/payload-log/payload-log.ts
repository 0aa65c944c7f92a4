import path from 'node:path';
import { type Clock, type EventBus, type Timer, warnOfFailure } from '../core/index.js';
import type { Audited } from '../governance/index.js';
import type { InferenceObserver } from '../inference/index.js';
import { createFindRule, type PayloadLogOptions } from '../payloads/index.js';
import { removeOldFiles } from './log-files.js';
import { createPayloadObserver } from './payload-observer.js';
import { createPayloadUseCases } from './payload-use-cases.js';
import { openPseudonyms } from './principal-key.js';
import type { PayloadCounts, PayloadUseCases } from './types.js';
import { PayloadWriter, type PayloadWriterOptions } from './writing/payload-writer.js';

const SWEEP_MS = 600_000;

export interface PayloadLogSetup {
  readonly payloadLog: PayloadLogOptions;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly startPayloadThread?: PayloadWriterOptions['start'];
}

/** The payload log of a server. */
export interface PayloadLog {
  readonly useCases: PayloadUseCases;
  /** undefined = nothing is recorded. */
  readonly observer: InferenceObserver | undefined;
  /** undefined = nothing is recorded. */
  readonly counts: () => PayloadCounts | undefined;
  /** Writes what is left, for three seconds at most. */
  close(): Promise<void>;
}

/** Opens it. Throws `invalid_argument` where the key of its pseudonyms cannot be made. */
export function openPayloadLog(setup: PayloadLogSetup, audited: Audited): PayloadLog {
  const { payloadLog: options, clock, events, startPayloadThread } = setup;
  if (options.folder === '') {
    const useCases = createPayloadUseCases({ folder: undefined, audited, flush: async () => true });
    return { useCases, observer: undefined, counts: () => undefined, close: async () => undefined };
  }
  const folder = path.resolve(options.folder);
  const pseudonymOf = openPseudonyms(path.resolve(options.keyFile || path.join(folder, 'principal.key')));
  const { rules, fileSizeBytes, fileHours, maxQueuedBytes } = options;
  const sweeper = new Sweeper(() => removeOldFiles(folder, options, clock.wallNow()), { clock, events });
  const writer = new PayloadWriter({
    setup: { folder, rules, fileSizeBytes, fileHours },
    maxQueuedBytes,
    clock,
    events,
    onRotated: () => sweeper.sweep(),
    ...(startPayloadThread && { start: startPayloadThread }),
  });
  sweeper.sweep();
  return {
    useCases: createPayloadUseCases({ folder, audited, flush: () => writer.flush() }),
    observer: createPayloadObserver({
      rules,
      findRule: createFindRule(options),
      pseudonymOf,
      clock,
      add: (payload) => writer.add(payload),
    }),
    counts: () => writer.counts,
    async close() {
      await writer.close();
      await sweeper.close();
    },
  };
}

/** Removes old files now and then, also where nothing is recorded any more. */
class Sweeper {
  readonly #work: () => Promise<void>;
  readonly #setup: Pick<PayloadLogSetup, 'clock' | 'events'>;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(work: () => Promise<void>, setup: Pick<PayloadLogSetup, 'clock' | 'events'>) {
    this.#work = work;
    this.#setup = setup;
  }

  sweep(): void {
    if (this.#running !== undefined || this.#isClosed) return;
    this.#timer?.clear();
    const { clock, events } = this.#setup;
    this.#running = this.#work()
      .catch((error: unknown) =>
        warnOfFailure(
          events,
          { room: 'payload-log', what: 'old files of the payload log could not be removed' },
          error,
        ),
      )
      .finally(() => {
        this.#running = undefined;
        if (!this.#isClosed) this.#timer = clock.setTimer(SWEEP_MS, () => this.sweep());
      });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.clear();
    await this.#running;
  }
}
