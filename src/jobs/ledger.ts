import { MillraceError } from '../core/index.js';
import type { JobRecord, OwnerTotals } from '../store/index.js';
import type { JobsOptions } from './options.js';

/** Stands for what a job takes besides its bodies: its row, at most {@link MAX_HEAD_BYTES} of URL, headers and names of objects, its indices. */
export const JOB_BYTES = 4_096;
/** Of URL, headers and names of objects. */
export const MAX_HEAD_BYTES = 2_048;

interface Account {
  open: number;
  bytes: number;
}

/** A full share frees up as jobs end or are removed; when that is, only they know. */
const RETRY_AFTER_MS = 30_000;

/** Jobs that each owner has stored, and how many more it may store. */
export class Ledger {
  readonly #options: Pick<JobsOptions, 'maxOpenPerPrincipal' | 'maxBytesPerPrincipal' | 'maxBytes'>;
  readonly #accounts = new Map<string, Account>();
  #bytes = 0;

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  /** Of all owners. */
  get bytes(): number {
    return this.#bytes;
  }

  load(owners: readonly OwnerTotals[]): void {
    for (const { owner, open, jobs, bytes } of owners) this.#change(owner, { open, bytes: bytes + jobs * JOB_BYTES });
  }

  /** Takes the place of a job that is about to be stored. Throws `unavailable` where there is none. */
  take(owner: string, requestBytes: number): void {
    const { maxBytesPerPrincipal, maxBytes } = this.#options;
    const bytes = requestBytes + JOB_BYTES;
    const held = this.#accounts.get(owner)?.bytes ?? 0;
    this.checkOpen(owner);
    if (held + bytes > maxBytesPerPrincipal) {
      throw full(`the jobs of the caller hold ${held} of ${maxBytesPerPrincipal} bytes (jobs.maxBytesPerPrincipal)`);
    }
    if (this.#bytes + bytes > maxBytes) throw full(`all jobs hold ${this.#bytes} of ${maxBytes} bytes (jobs.maxBytes)`);
    this.#change(owner, { open: 1, bytes });
  }

  /** Throws `unavailable` where the owner may have no further job open. */
  checkOpen(owner: string): void {
    const open = this.#accounts.get(owner)?.open ?? 0;
    if (open < this.#options.maxOpenPerPrincipal) return;
    throw full(`the caller has ${open} jobs that have not ended (jobs.maxOpenPerPrincipal)`);
  }

  /** Whether an answer may be stored. */
  fits(owner: string, answerBytes: number): boolean {
    const { maxBytesPerPrincipal, maxBytes } = this.#options;
    const held = this.#accounts.get(owner)?.bytes ?? 0;
    return held + answerBytes <= maxBytesPerPrincipal && this.#bytes + answerBytes <= maxBytes;
  }

  /** A job could not be stored after all. */
  giveBack(owner: string, requestBytes: number): void {
    this.#change(owner, { open: -1, bytes: -(requestBytes + JOB_BYTES) });
  }

  /** A job has ended, or is open again; `answerBytes` more, or fewer, of its answer are stored. */
  changed(
    owner: string,
    { open = 0, answerBytes = 0 }: { readonly open?: number; readonly answerBytes?: number },
  ): void {
    this.#change(owner, { open, bytes: answerBytes });
  }

  /** A job that had ended is gone. */
  removed({ owner, requestBytes, answerBytes }: Pick<JobRecord, 'owner' | 'requestBytes' | 'answerBytes'>): void {
    this.#change(owner, { open: 0, bytes: -(requestBytes + answerBytes + JOB_BYTES) });
  }

  #change(owner: string, { open, bytes }: Account): void {
    const account = this.#accounts.get(owner) ?? { open: 0, bytes: 0 };
    account.open += open;
    account.bytes += bytes;
    this.#bytes += bytes;
    if (account.open <= 0 && account.bytes <= 0) this.#accounts.delete(owner);
    else this.#accounts.set(owner, account);
  }
}

function full(why: string): MillraceError {
  return new MillraceError('unavailable', `the job cannot be stored: ${why}`, { retryAfterMs: RETRY_AFTER_MS });
}
