import type { Action } from '../../src/core/index.js';

/** What a route or method needs, and what those who have it are answered. */
export interface AccessRow {
  /** Nothing, anybody whom the server knows, or a right: any of these actions. */
  readonly needs: 'nothing' | 'a credential' | Action | readonly Action[];
  /** On what: the model, route or region that it names, anything at all, or everything. Default: what it names. */
  readonly on?: 'name' | 'anything' | 'everything';
  /** As JSON; default an empty object. */
  readonly request?: object;
  /** HTTP or gRPC status of those who have the right; default success. */
  readonly answers?: number;
  /** Status for those who do not see the name, which is that of names that nothing has. Default: not found. */
  readonly unknown?: number;
  /** The answer has no end. */
  readonly endless?: true;
  /** What it changes, by the name of the audit trail; nothing where it is missing. */
  readonly audit?: string;
}
