import { canonicalJson } from './chain/canonical-json.js';
import { type ChainedEntry, type Head, isHead } from './chain/link.js';

/** Who asked for something, from where. Names are those of the files. */
export interface Asker {
  /** With its kind: `key:ci`, `oidc:…`, `cert:…`, `app:…`, `anonymous`. */
  readonly principal: string;
  readonly groups?: readonly string[] | undefined;
  /** IP address; '' = a Unix socket, or the server itself. */
  readonly remote_address: string;
  /** `http`, `grpc`; '' = the server itself. */
  readonly transport: string;
  readonly request_id: string;
  /** Of W3C Trace Context. */
  readonly trace_id?: string | undefined;
}

/** What is asked for: `model.load` of `mlp`. */
export interface Deed {
  readonly action: string;
  /** '' = the server as a whole. */
  readonly resource: string;
}

/** Who asked for what, when. */
interface AskedDeed extends Asker, Deed {
  readonly time: string;
}

/** A chain begins: a process has written its first entry. */
export interface BeginEntry {
  readonly type: 'begin';
  readonly time: string;
  /** Of millrace. */
  readonly version: string;
  /** Fingerprint of the key that signs checkpoints. */
  readonly key: string;
  /** The end of the chain before, as it was found. */
  readonly previous_chain?: Head | undefined;
}

/** A change is about to be made. */
export interface IntentEntry extends AskedDeed {
  readonly type: 'intent';
}

/** What came of a change. */
export interface OutcomeEntry extends AskedDeed {
  readonly type: 'outcome';
  /** `seq` of the intent in the same chain. */
  readonly intent: number;
  /** `ok`, or an error code. */
  readonly outcome: string;
  /** What it was and is now, as JSON has it; missing where it was not, or is not any more. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Something was refused. */
export interface RefusalEntry extends AskedDeed {
  readonly type: 'refusal';
  /** An error code. */
  readonly outcome: string;
  /** How often since the entry before that is like this one. */
  readonly count: number;
}

/** What several inferences have in common. */
export interface InferenceCommon extends Omit<Asker, 'request_id' | 'trace_id'>, Deed {
  /** `ok`, or an error code. */
  readonly outcome: string;
  /** `name/version` that answered. */
  readonly model?: string | undefined;
}

/** A model was asked. */
export interface Inference {
  /** Its place in {@link InferencesEntry.common}. */
  readonly common: number;
  readonly request_id: string;
  readonly rows: number;
  readonly time: string;
  /** Where the caller has sent one. */
  readonly trace_id?: string | undefined;
  /** SHA-256 of what was sent. */
  readonly digest?: string | undefined;
}

/** Models were asked: one entry for many times, as one for each costs more than some models do. */
export interface InferencesEntry {
  readonly type: 'inferences';
  /** Of the last one. */
  readonly time: string;
  readonly common: readonly InferenceCommon[];
  /** In the order in which they ended. */
  readonly inferences: readonly Inference[];
}

/** Inferences have left no entry, since there were more than can be written. */
export interface DroppedEntry {
  readonly type: 'dropped';
  readonly time: string;
  readonly count: number;
}

/** A segment is about to be removed, as the settings say. */
export interface CutEntry {
  readonly type: 'cut';
  readonly time: string;
  /** The last entry that is removed. */
  readonly last: Head;
  /** When that was written. */
  readonly until: string;
  /** The setting that says so. */
  readonly rule: string;
}

/** What was written was found removed or replaced while the server wrote it; no rule says so, so verification reports what is missing. */
export interface GapEntry {
  readonly type: 'gap';
  readonly time: string;
  /** The last entry before. */
  readonly last: Head;
}

/** The server has stopped in order. */
export interface EndEntry {
  readonly type: 'end';
  readonly time: string;
}

/** What is recorded. */
export type AuditEntry =
  | BeginEntry
  | IntentEntry
  | OutcomeEntry
  | RefusalEntry
  | InferencesEntry
  | DroppedEntry
  | CutEntry
  | GapEntry
  | EndEntry;

/** An entry as it is chained. */
export function encodeEntry(entry: AuditEntry): string {
  return canonicalJson(entry);
}

/** A cut, of the fields of an entry; undefined for what is none, whatever it calls itself. */
export function readCut({ type, time, last, until, rule }: ChainedEntry['entry']): CutEntry | undefined {
  if (type !== 'cut' || typeof time !== 'string' || typeof until !== 'string' || typeof rule !== 'string')
    return undefined;
  return isHead(last) ? { type, time, last, until, rule } : undefined;
}

/** Fields of an entry, as it is read from its file. */
export type EntryFields = ChainedEntry['entry'];

/** The inferences that an entry is about, each as an entry of its own; undefined where it is about something else. */
export function readInferences({ type, common, inferences }: EntryFields): readonly EntryFields[] | undefined {
  if (type !== 'inferences' || !Array.isArray(common) || !Array.isArray(inferences)) return undefined;
  return inferences.map(({ common: place, ...own }) => ({ type: 'inference', ...common[place], ...own }));
}
