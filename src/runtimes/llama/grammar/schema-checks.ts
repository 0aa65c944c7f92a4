import { LimitedThread, startThread } from '../../../async/index.js';
import { type Clock, MillraceError } from '../../../core/index.js';
import { takesAnyTime } from './keywords.js';
import type { Json } from './schema.js';
import { problemOf } from './validate.js';

/** A check takes some milliseconds. */
const LIMIT_MS = 1_000;
/** How long others may hold up a check. */
const MAX_WAIT_MS = 1_000;
const MAX_HEAP_MB = 256;
const ENTRY = new URL('./thread.js', import.meta.url).href;

export interface CheckedText {
  readonly text: string;
  readonly schema: Json;
}

export interface SchemaCheck extends CheckedText {
  /** As the grammar reads it. */
  readonly oneOfAsAnyOf: boolean;
}

/** What the thread says of an answer: what is wrong with it, undefined = nothing; or why it cannot say so. */
export type Verdict = { readonly mismatch: string | undefined } | { readonly problem: string };

export interface CheckTotals {
  readonly mismatches: number;
  /** Checks without a verdict: the schema cannot be applied, or not in time. */
  readonly skipped: number;
}

/** Checks finished answers by the schemas of their requests. */
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

  /** Counts an answer that does not match, where nothing was promised of it. Resolves after two seconds at most. */
  async count(check: CheckedText): Promise<void> {
    const verdict = await this.#thread.run({ ...check, oneOfAsAnyOf: false });
    if ('problem' in verdict) this.#skipped++;
    else if (verdict.mismatch !== undefined) this.#mismatches++;
  }

  /** Rejects with `internal` for an answer that does not match (`schema_mismatch`), or of which that is not known, after two seconds at most. */
  async require(check: CheckedText): Promise<void> {
    const verdict = await this.#verdictOn({ ...check, oneOfAsAnyOf: true });
    if ('problem' in verdict) {
      this.#skipped++;
      throw new MillraceError('internal', `the answer could not be checked by the schema: ${verdict.problem}`);
    }
    const { mismatch } = verdict;
    if (mismatch === undefined) return;
    const message = `the answer does not match the schema: ${mismatch}`;
    throw new MillraceError('internal', message, { reason: 'schema_mismatch' });
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  /** Without keywords of unbounded cost, the check is fast and runs in the event loop. */
  async #verdictOn(check: SchemaCheck): Promise<Verdict> {
    if (takesAnyTime(check.schema)) return this.#thread.run(check);
    return { mismatch: await problemOf(check.text, check.schema, check) };
  }
}
