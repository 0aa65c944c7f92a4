import type { JsonValue } from '../core/index.js';

/**
 * Durable state, by what it means. What a promise resolves with is on the disk. Each rejects with `unavailable`, and what to do, where the
 * store cannot do it now: the file is damaged, locked, cannot be written, the disk is full. Then nothing of it has been done.
 */
export interface Store {
  readonly declarations: Declarations;
  readonly rollouts: RolloutRecords;
  readonly snapshots: Snapshots;
  /** Copies all of it to a new file, while it is in use. `already_exists` where there is a file. */
  backup(path: string): Promise<void>;
  /** How large it is and what it holds; undefined where nothing has been stored yet. */
  info(): Promise<StoreInfo | undefined>;
  /** Waits for what has been asked for. Later requests are `unavailable`. */
  close(): Promise<void>;
}

export interface StoreInfo {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the layout of its tables. */
  readonly schema: number;
  /** How many of each there are, by what they are called: `declarations`, `rollouts`, … */
  readonly counts: Readonly<Record<string, number>>;
}

/** What people have declared through the API: the labels of a model (`{ stable: 3 }`), or a route (as in the settings). */
export type DeclarationKind = 'labels' | 'route';

export interface Declaration {
  readonly kind: DeclarationKind;
  readonly name: string;
  /** Counts its changes from 1, and goes on where it is removed and declared again. */
  readonly revision: number;
  /** undefined: removed. */
  readonly value: JsonValue | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly changedAtMs: number;
  /** Name of the principal. */
  readonly changedBy: string;
}

export interface DeclarationChange {
  readonly kind: DeclarationKind;
  readonly name: string;
  /** undefined removes it. */
  readonly value: JsonValue | undefined;
  /** The revision that it has to have now (0 = never declared); undefined = any. */
  readonly expectedRevision: number | undefined;
}

export interface ChangedBy {
  readonly principal: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

export interface Declarations {
  /** All that are in force, for the start. Makes no file. */
  current(): Promise<readonly Declaration[]>;
  /** All of the changes or none. Rejects with a RevisionConflict for the first one that expects another revision. */
  change(changes: readonly DeclarationChange[], by: ChangedBy): Promise<readonly Declaration[]>;
  /** Newest first; the last 1,000 changes of each are kept. */
  history(kind: DeclarationKind, name: string, limit: number): Promise<readonly Declaration[]>;
}

export interface RolloutRecord {
  readonly id: string;
  readonly model: string;
  readonly plan: JsonValue;
  readonly state: JsonValue;
  readonly isOver: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  readonly startedBy: string;
}

export interface RolloutDecision {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly by: string;
  readonly action: string;
  /** A sentence for people. */
  readonly reason: string;
  readonly numbers: JsonValue;
}

export interface RolloutRecords {
  /** Those that are not over: to be resumed. Makes no file. */
  open(): Promise<readonly RolloutRecord[]>;
  /** `already_exists` where one of the model is open, or where there is one of that id. The last 100 of each model are kept. */
  begin(record: RolloutRecord, decision: RolloutDecision): Promise<void>;
  /** The new state and why, both or neither. `not_found` for an unknown one. The last 10,000 decisions of each are kept. */
  decide(id: string, next: RolloutStep): Promise<void>;
  /** Newest first. */
  ofModel(model: string, limit: number): Promise<readonly RolloutRecord[]>;
  /** Newest first. */
  decisions(id: string, limit: number): Promise<readonly RolloutDecision[]>;
}

export interface RolloutStep {
  readonly state: JsonValue;
  readonly isOver: boolean;
  readonly decision: RolloutDecision;
}

/** Values that are replaced as a whole: counts of a shadow, what a judge has seen. */
export interface Snapshots {
  get(kind: string, name: string): Promise<JsonValue | undefined>;
  put(kind: string, name: string, value: JsonValue): Promise<void>;
  remove(kind: string, name: string): Promise<void>;
}
