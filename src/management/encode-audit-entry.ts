import type { AuditEntry, Encoded } from '../api/index.js';
import type { FoundEntry } from '../audit/index.js';

/** What the server has written into each entry, besides what its type asks for. */
interface Recorded {
  readonly type: string;
  readonly time: string;
  readonly outcome?: string;
}

/** An entry of the audit trail as the API says it: where it stands, and all that was recorded. */
export function encodeAuditEntry({ chain, seq, hash, index, entry }: FoundEntry): Encoded<AuditEntry> {
  // As it is in the file, which may have been changed by others.
  return { chain, seq, hash, index, ...(entry as unknown as Recorded) };
}
