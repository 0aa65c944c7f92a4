import type { JsonValue } from '../core/index.js';
import type { BatchRecords } from './batches.js';
import type { FileRecords } from './files.js';
import type { JobRecords } from './jobs.js';
import type { UsageRecords } from './usage.js';

/**
 * Durable state. A promise resolves once its change is durable. It rejects with `unavailable`, and what to do, while the store is damaged,
 * locked, full or cannot be written; then nothing was changed.
 */
export interface Store extends WriterLease {
  readonly declarations: Declarations;
  readonly rollouts: RolloutRecords;
  readonly outcomes: OutcomeRecords;
  readonly usage: UsageRecords;
  readonly snapshots: Snapshots;
  readonly keys: KeyRecords;
  readonly jobs: JobRecords;
  readonly files: FileRecords;
  readonly batches: BatchRecords;
  /** Copies the store to a new file while it is in use. `already_exists` for an existing file. */
  backup(path: string): Promise<void>;
  /** Size and content; undefined = nothing has been stored yet. */
  info(): Promise<StoreInfo | undefined>;
  /** Waits for pending requests. Later requests are `unavailable`. */
  close(): Promise<void>;
}

/** One process at a time writes a store; the others follow its changes. */
export interface WriterLease {
  /** Makes this process the writer until it closes the store or ends. Rejects with StoreInUse while another process is. */
  own(): Promise<void>;
  /** Whether other processes have written, and which process may. Cheap, and creates nothing. */
  watch(): Promise<StoreWatch>;
}

export interface StoreWatch {
  /** Changes when another process has written; undefined = nothing has been stored yet. */
  readonly version: string | undefined;
  readonly writer: StoreWriter;
}

/** The process that writes the store, as far as this one knows: it learns of another one when its own writes are refused. */
export type StoreWriter = 'this' | 'another' | 'unknown';

/** The changes of all processes, in one order. */
export interface ChangeFeed<Item> {
  /** Position after the last change, where {@link since} continues; undefined = changes are not recorded. */
  position(): Promise<number | undefined>;
  /** Items changed after a position; undefined = the changes are no longer known, and everything has to be read again. */
  since(position: number | undefined): Promise<WrittenSince<Item> | undefined>;
}

/** A page of a {@link ChangeFeed}: each changed item once, as it is now. */
export interface WrittenSince<Item> {
  readonly written: readonly Item[];
  /** Position of the last item. */
  readonly position: number;
  readonly hasMore: boolean;
}

export interface StoreInfo {
  readonly path: string;
  readonly sizeBytes: number;
  /** Version of the layout. */
  readonly schema: number;
  /** The layout is the one of this millrace. An older one is brought up to date by the next request that reads or writes it. */
  readonly isCurrent: boolean;
  /** Number of records by kind: `declarations`, `rollouts`, … */
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
  /** The revision that it has to have now (0 = it is not declared); undefined = any. */
  readonly expectedRevision: number | undefined;
}

export interface ChangedBy {
  readonly principal: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** Reads create nothing where nothing has been stored yet, here and in the other records. */
export interface Declarations extends ChangeFeed<Declaration> {
  /** The declarations in force. */
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
  /** Rollouts to resume. */
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

/** An answer of which it may be told later what became of it. */
export interface NotedAnswer {
  /** With the request id, what it is found by. */
  readonly principal: string;
  /** Of the principal, whose name another key may get later; undefined = noted by an earlier version. */
  readonly ownerId: string | undefined;
  readonly requestId: string;
  readonly route: string;
  readonly arm: string;
  readonly model: string;
  readonly version: number;
  /** Of the requests that its arm was to get, by weight; undefined where the request has come to it otherwise. */
  readonly share: number | undefined;
  /** 32 bits that stand for the key that was dealt to the arm, of sticky routes; undefined = the request was dealt for itself. */
  readonly key: number | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly answeredAtMs: number;
  /** From then on it is forgotten. */
  readonly expiresAtMs: number;
  readonly kind: 'binary' | 'label' | 'number';
  readonly low: number;
  readonly high: number;
  readonly better: 'higher' | 'lower';
  /** What counts where nothing is told of it by then; undefined = nothing does. */
  readonly missing: number | undefined;
  /** Its class, where outcomes are labels; undefined = it has none, or they are not. */
  readonly answeredClass: string | undefined;
}

export interface FoundAnswer extends NotedAnswer {
  /** What became of it; undefined = that has not been told yet. */
  readonly value: number | undefined;
}

/** What became of the answers of one version on one arm. */
export interface ArmOutcomes {
  readonly arm: string;
  readonly model: string;
  readonly version: number;
  readonly kind: 'binary' | 'label' | 'number';
  readonly better: 'higher' | 'lower';
  /** That were noted. */
  readonly answers: number;
  /** That have a value, with those that count as missing. */
  readonly outcomes: number;
  readonly mean: number;
  /** Sum of the squared distances from the mean. */
  readonly squares: number;
  /** Of its last answer or outcome; milliseconds since the Unix epoch. */
  readonly changedAtMs: number;
}

export interface OutcomeInput {
  readonly principal: string;
  readonly requestId: string;
  readonly value: number;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

export interface OutcomeRecords {
  /** Where a request id is used again, its last answer counts, unless it has been told what became of the one before. */
  note(answers: readonly NotedAnswer[]): Promise<void>;
  /** Finds expired answers, too, until they are removed. */
  find(principal: string, requestId: string): Promise<FoundAnswer | undefined>;
  /** Whether it was told for the first time, before, or of an answer that is not known. */
  join(outcome: OutcomeInput): Promise<'joined' | 'used' | 'unknown'>;
  /**
   * Forgets answers that have expired, and the oldest where there are more than 1,000,000; resolves with those that count as missing.
   * At most 1,000 at a time: repeat it while `hasMore`.
   */
  expire(nowMs: number): Promise<{ readonly missing: readonly NotedAnswer[]; readonly hasMore: boolean }>;
  /** By arm, the version that was last heard of first. */
  ofRoute(route: string): Promise<readonly ArmOutcomes[]>;
}

/** A role that a key was given, on names by pattern; default: on everything. */
export interface KeyGrant {
  readonly role: string;
  readonly models?: readonly string[];
}

/** An API key, without what it is known by: of that only a hash is kept. */
export interface KeyRecord {
  /** Part of the key; never used again. */
  readonly id: string;
  /** Of the principal; of all keys that are not revoked, one alone has it. */
  readonly name: string;
  /** Who answers for it; '' = nobody was named. */
  readonly owner: string;
  readonly grants: readonly KeyGrant[];
  readonly groups: readonly string[];
  /** SHA-256 of the key, in hexadecimal. */
  readonly digest: string;
  /** Milliseconds since the Unix epoch, as all times here. */
  readonly createdAtMs: number;
  readonly createdBy: string;
  /** undefined = never. */
  readonly expiresAtMs: number | undefined;
  /** Of its last rotation. */
  readonly rotatedAtMs: number | undefined;
  /** What was rotated out, and holds until then as well. */
  readonly previous: { readonly digest: string; readonly endsAtMs: number } | undefined;
  readonly revokedAtMs: number | undefined;
  readonly revokedBy: string | undefined;
  /** To the minute; undefined = it has not been used. */
  readonly lastUsedAtMs: number | undefined;
}

export interface KeyUse {
  readonly id: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** `record` undefined = there is no key of the id any more. */
export interface WrittenKey {
  readonly id: string;
  readonly record: KeyRecord | undefined;
}

/** The feed has no item for the use of a key. */
export interface KeyRecords extends ChangeFeed<WrittenKey> {
  /** Keys by id, from the first one after `after` ('' = all). */
  page(after: string, limit: number): Promise<readonly KeyRecord[]>;
  /** Keys by name, without revoked ones, from the first one after `after`. */
  list(after: string, limit: number): Promise<readonly KeyRecord[]>;
  /** `already_exists` where there is one of that id, or one of that name that is not revoked. The 100,000 revoked last are kept. */
  create(record: KeyRecord): Promise<void>;
  /**
   * All but when it was used last. `not_found` for an unknown id; `failed_precondition` where the key is revoked, or has another digest
   * than `digestBefore`: another process has changed it meanwhile.
   */
  update(record: KeyRecord, digestBefore: string): Promise<void>;
  /** When they were used last; unknown ones are ignored. */
  noteUses(uses: readonly KeyUse[]): Promise<void>;
}
