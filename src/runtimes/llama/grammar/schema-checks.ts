import type { Clock } from '../../../core/index.js';
import { LimitedThread, startThread } from '../../../threads/index.js';
import type { Json } from './json-schema.js';

/** A check takes some milliseconds. */
const LIMIT_MS = 1_000;
/** How long others may hold up a check. */
const MAX_WAIT_MS = 1_000;
const MAX_HEAP_MB = 256;
const ENTRY = new URL('./thread.js', import.meta.url).href;

export interface SchemaCheck {
  readonly text: string;
  readonly schema: Json;
}

/** What the thread says of an answer. */
export type Verdict = { readonly matches: boolean } | { readonly problem: string };

export interface CheckTotals {
  readonly mismatches: number;
  /** Checks without a verdict: the schema cannot be applied, or not in time. */
  readonly skipped: number;
}

/** Counts finished answers that do not match the schema of their request, where nothing was promised of them. */
export class SchemaChecks {
  readonly #thread: LimitedThread<SchemaCheck, Verdict>;
  #mismatches = 0;
  #skipped = 0;

  constructor(clock: Clock) {
    const start = () => startThread(ENTRY, { name: 'millrace-schemas', maxHeapMb: MAX_HEAP_MB });
    this.#thread = new LimitedThread({ clock, start, limitMs: LIMIT_MS, maxWaitMs: MAX_WAIT_MS });
  }

  get totals(): CheckTotals {
    return { mismatches: this.#mismatches, skipped: this.#skipped };
  }

  /** Resolves when the answer is counted, after two seconds at most. */
  async count(check: SchemaCheck): Promise<void> {
    const verdict = await this.#thread.run(check);
    if ('problem' in verdict) this.#skipped++;
    else if (!verdict.matches) this.#mismatches++;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
