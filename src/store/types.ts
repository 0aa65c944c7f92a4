import type { JsonValue } from '../core/index.js';
import type { UsageRecords } from './usage.js';

/**
 * Durable state, by what it means. What a promise resolves with is on the disk. Each rejects with `unavailable`, and what to do, where the
 * store cannot do it now: the file is damaged, locked, cannot be written, the disk is full. Then nothing of it has been done.
 */
export interface Store {
  readonly declarations: Declarations;
  readonly rollouts: RolloutRecords;
  readonly outcomes: OutcomeRecords;
  readonly usage: UsageRecords;
  readonly snapshots: Snapshots;
  readonly keys: KeyRecords;
  /** Makes this process the one that writes the file, until it closes the store or ends. Rejects with StoreInUse where another process is. */
  own(): Promise<void>;
  /** Whether other processes have written, and which process may. Costs next to nothing, and makes no file. */
  watch(): Promise<StoreWatch>;
  /** Copies all of it to a new file, while it is in use. `already_exists` where there is a file. */
  backup(path: string): Promise<void>;
  /** How large it is and what it holds; undefined where nothing has been stored yet. */
  info(): Promise<StoreInfo | undefined>;
  /** Waits for what has been asked for. Later requests are `unavailable`. */
  close(): Promise<void>;
}

export interface StoreWatch {
  /** Differs from the one before once another process has written; undefined = there is no file. */
  readonly version: string | undefined;
  readonly writer: StoreWriter;
}

/** The process that writes the file, as far as this one knows: it learns of another one when its own writes are refused. */
export type StoreWriter = 'this' | 'another' | 'unknown';

/** A page of what was written behind a position in the order of all writes, by whichever process: each thing once, as it is now. */
export interface WrittenSince<Item> {
  readonly written: readonly Item[];
  /** Of the last of it. */
  readonly position: number;
  readonly hasMore: boolean;
}

export interface StoreInfo {
  readonly path: string;
  readonly sizeBytes: number;
  /** Of the layout of its tables. */
  readonly schema: number;
  /** That is the one of this millrace; else an older one's, whose file is brought up to date with the next request for what it holds. */
  readonly isCurrent: boolean;
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
  /** The revision that it has to have now (0 = it is not declared); undefined = any. */
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
  /** Where {@link since} goes on from what is read after this; undefined = it cannot. */
  position(): Promise<number | undefined>;
  /** What was declared or removed behind a position; undefined where that is not known any more: all has to be read again. */
  since(position: number | undefined): Promise<WrittenSince<Declaration> | undefined>;
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
  /** Makes no file. Also one that has expired, until that is noticed. */
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

export interface KeyRecords {
  /** In the order of their ids, those behind `after` ('' = from the first). Makes no file. */
  page(after: string, limit: number): Promise<readonly KeyRecord[]>;
  /** Those that are not revoked, in the order of their names. Makes no file. */
  list(after: string, limit: number): Promise<readonly KeyRecord[]>;
  /** Where {@link since} goes on from what is read after this; undefined = it cannot. */
  position(): Promise<number | undefined>;
  /** What was made, changed or removed behind a position, but for when keys were used; undefined where that is not known any more: all has to be read again. */
  since(position: number | undefined): Promise<WrittenSince<WrittenKey> | undefined>;
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
