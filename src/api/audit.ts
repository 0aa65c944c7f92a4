import type { PageQuery, Timestamp } from './endpoint.js';

/** What every entry of the audit trail has; what else depends on its `type` (docs/audit.md). */
export interface AuditEntry {
  /** Of the process that wrote it. */
  readonly chain: string;
  /** Place in its chain, from 1. */
  readonly seq: number;
  /** SHA-256 of its line. */
  readonly hash: string;
  /** Of an inference: its place among those that share its `seq`, from 0. */
  readonly index?: number;
  readonly type: string;
  /** Named as in the chained files, which are never written anew. */
  readonly time: Timestamp;
  /** `ok`, an error code, or `unknown` of a change whose end is not known. */
  readonly outcome?: string;
}

export interface AuditPage {
  /** The newest first. */
  readonly entries: readonly AuditEntry[];
  /** `after` of the next page; missing on the last one. */
  readonly next?: string;
}

export interface AuditQuery extends PageQuery {
  /** From this moment on. */
  readonly since?: Timestamp;
  /** Before this moment. */
  readonly until?: Timestamp;
  /** Who: `key:ci`, `oidc:*`; `*` stands for any text. */
  readonly principal?: string;
  /** What: `model.load`, `model.*`. */
  readonly action?: string;
  /** To what: the name of a model or a route. */
  readonly resource?: string;
  /** `ok`, an error code, or `unknown`. */
  readonly outcome?: string;
}

export interface AuditEndpoints {
  'GET /audit': { readonly query: AuditQuery; readonly answer: AuditPage };
}
