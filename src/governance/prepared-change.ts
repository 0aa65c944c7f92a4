import type { Subject } from './audited.js';

/** A change of one kind of settings, ready to take effect. */
export interface PreparedChange {
  /** Paths of the settings that change; none where only the places in the file moved. */
  readonly settings: readonly string[];
  /** What the audit trail records, and the values before and after. */
  readonly audit?: Subject & { readonly before: unknown; readonly after: unknown };
  /** Throws `failed_precondition` where the change must not take effect; called right before, once the API keys are known. */
  readonly check?: () => void;
  readonly apply: () => void;
}

/** Checks what a file says of one kind of settings; undefined = it is in force already. Rejects with `invalid_argument`. */
export type PrepareChange<Settings> = (
  next: Partial<Settings>,
  file: string,
) => PreparedChange | undefined | Promise<PreparedChange | undefined>;
