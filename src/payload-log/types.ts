import type { CallContext } from '../core/index.js';
import type { PayloadRecord } from '../payloads/index.js';

/** Which records are asked for; what is left out may be anything. */
export interface PayloadFilter {
  readonly requestId?: string | undefined;
  /** The model that answered, or the route. */
  readonly name?: string | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** `ok`, or an error code. */
  readonly status?: string | undefined;
}

export interface PayloadPage {
  /** The newest first. */
  readonly records: readonly PayloadRecord[];
  /** Where the next page begins; undefined = there is nothing more. A page may have no records, and yet a next one. */
  readonly next: string | undefined;
}

export interface PayloadPageOptions {
  readonly limit: number;
  /** {@link PayloadPage.next} of the page before. */
  readonly from?: string | undefined;
}

/** Records of requests. All reject with `failed_precondition` where none are kept. */
export interface PayloadUseCases {
  /** Records of models and routes on which the caller has the right `payload.read`; leaves an entry in the audit trail. */
  search(call: CallContext, filter: PayloadFilter, page: PayloadPageOptions): Promise<PayloadPage>;
  /**
   * Deletes all records of a request, and resolves with their number; needs the right `payload.erase` on everything. Rejects with `unavailable`
   * where records still wait for the disk, as the request's may be among them.
   */
  erase(call: CallContext, requestId: string): Promise<number>;
}

/** Records since the start, by what has become of them. */
export interface PayloadCounts {
  readonly written: number;
  readonly dropped: number;
}
