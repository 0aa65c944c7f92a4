import { type Clock, type EventBus, type Timer, warnOfFailure } from '../core/index.js';
import type { JobRecords } from '../store/index.js';

interface DueAlarmSetup {
  readonly records: Pick<JobRecords, 'nextDueMs'>;
  readonly clock: Clock;
  readonly events: EventBus;
  /** Called when the time of some job may have come. */
  readonly onDue: () => void;
}

/** Tells when the next job is due that is not due yet. */
export class DueAlarm {
  readonly #setup: DueAlarmSetup;
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(setup: DueAlarmSetup) {
    this.#setup = setup;
  }

  /** A job is due at this time; milliseconds since the Unix epoch. */
  at(dueMs: number): void {
    if (this.#isClosed || dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    this.#timer?.clear();
    this.#arm(dueMs);
  }

  /** Reads from the store which job is next. */
  look(): void {
    const { records, clock, events } = this.#setup;
    this.#dueMs = Number.POSITIVE_INFINITY;
    records.nextDueMs(clock.wallNow()).then(
      (dueMs) => dueMs !== undefined && this.at(dueMs),
      (thrown: unknown) => {
        if (this.#isClosed) return;
        warnOfFailure(events, { room: 'jobs', what: 'jobs that are not due yet could not be read' }, thrown);
        this.at(clock.wallNow() + RETRY_MS);
      },
    );
  }

  #arm(dueMs: number): void {
    const { clock, onDue } = this.#setup;
    this.#timer = clock.setTimer(Math.max(0, dueMs - clock.wallNow()), () => {
      // Timers run up to a millisecond early, and time of day may be set back.
      if (clock.wallNow() < dueMs) {
        this.#arm(dueMs);
        return;
      }
      // First: a job that becomes due in between is found by one or the other.
      this.look();
      onDue();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.clear();
  }
}

const RETRY_MS = 5_000;
