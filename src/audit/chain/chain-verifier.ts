import { groupBy } from '../../core/index.js';
import { type ChainedEntry, type Head, NO_HASH, readLine, startOf } from './link.js';

/** How what stands in the files differs from what was written. */
export type FaultKind = 'altered' | 'removed' | 'reordered' | 'inserted' | 'cut off';

/** Where an entry stands. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** The first entry of a chain that is not what was written. */
export interface ChainFault extends Place {
  readonly kind: FaultKind;
  readonly chain: string;
  /** Of the entry that is meant, or that should be there. */
  readonly seq: number;
  readonly message: string;
}

/** What somebody else knows of an entry: a checkpoint, or the chain that came after. */
export interface Anchor extends Head {
  /** Who says so: `the checkpoint of 2026-11-27T…`. */
  readonly source: string;
  /** When that was said; ISO 8601. */
  readonly time: string;
}

/** What is found in one chain, entry by entry. Pure: it is given the lines in the order of the files. */
export class ChainVerifier {
  readonly #chain: string;
  /** By seq. */
  readonly #anchors: ReadonlyMap<number, readonly Anchor[]>;
  #head: Head;
  #first: ChainedEntry | undefined;
  #firstPlace: Place | undefined;
  /** Of the head. */
  #place: Place;
  #lastEntry: ChainedEntry | undefined;
  #fault: ChainFault | undefined;

  constructor(chain: string, anchors: readonly Anchor[], firstFile: string) {
    this.#chain = chain;
    this.#anchors = groupBy(anchors, ({ seq }) => seq);
    this.#head = startOf(chain);
    this.#place = { file: firstFile, line: 0 };
  }

  /** The last entry that is as it was written; seq 0 = none. */
  get head(): Head {
    return this.#head;
  }

  /** The last entry that is as it was written. */
  get lastEntry(): ChainedEntry | undefined {
    return this.#lastEntry;
  }

  /** The first entry that is there. */
  get first(): ChainedEntry | undefined {
    return this.#first;
  }

  get firstPlace(): Place {
    return this.#firstPlace ?? this.#place;
  }

  get fault(): ChainFault | undefined {
    return this.#fault;
  }

  /** Takes the next line; what comes after a fault only says more of it. Gives the entry where it is as it was written. */
  take(text: string, place: Place): ChainedEntry | undefined {
    const entry = readLine(text);
    if (this.#fault !== undefined) {
      if (entry !== undefined) this.#explain(entry);
      return undefined;
    }
    const expected = this.#head.seq + 1;
    if (entry === undefined) {
      return this.#fail('altered', { seq: expected, place, message: 'is not what its hash was computed of' });
    }
    if (entry.chain !== this.#chain) {
      return this.#fail('inserted', { seq: expected, place, message: `belongs to the chain ${entry.chain}` });
    }
    if (this.#lastEntry?.entry.type === 'end') {
      return this.#fail('inserted', { seq: entry.seq, place, message: 'stands behind the end of the chain' });
    }
    // Where the chain begins later, somebody has to know of the cut: that is for the caller to say.
    const isFirst = this.#first === undefined;
    if (!isFirst && !this.#follows(entry, place)) return undefined;
    if (isFirst) this.#begin(entry, place);
    this.#head = { chain: entry.chain, seq: entry.seq, hash: entry.hash };
    this.#place = place;
    this.#lastEntry = entry;
    return this.#agrees(entry, place) ? entry : undefined;
  }

  /** All lines have been taken: is anything missing that somebody knows of? */
  end(): void {
    if (this.#fault !== undefined) return;
    const { seq } = this.#head;
    const beyond = [...this.#anchors.keys()].filter((known) => known > seq);
    const [anchor] = this.#anchors.get(Math.max(...beyond)) ?? [];
    if (anchor === undefined) return;
    const place = { file: this.#place.file, line: this.#place.line + 1 };
    const message = `and all after it are missing: ${anchor.source} names entry ${anchor.seq}`;
    this.#fail('cut off', { seq: seq + 1, place, message });
  }

  /** Its first entry is none, as only the caller can know. Of faults the first one counts. */
  failAtStart(details: FaultDetails): void {
    const isKnown = this.#fault?.kind === 'reordered' && this.#fault.seq < (this.#first?.seq ?? 0);
    if (!isKnown) this.#fail('removed', details);
  }

  #begin(entry: ChainedEntry, place: Place): void {
    this.#first = entry;
    this.#firstPlace = place;
  }

  #follows(entry: ChainedEntry, place: Place): boolean {
    const expected = this.#head.seq + 1;
    if (entry.seq > expected) {
      const missing = entry.seq - 1 === expected ? 'is missing' : `to ${entry.seq - 1} are missing`;
      this.#fail('removed', { seq: expected, place, message: `${missing} here, where entry ${entry.seq} stands` });
    } else if (entry.seq < (this.#first?.seq ?? 1)) {
      this.#fail('reordered', { seq: entry.seq, place, message: `stands behind entry ${this.#head.seq}` });
    } else if (entry.seq < expected) {
      this.#fail('inserted', { seq: entry.seq, place, message: `stands a second time behind entry ${this.#head.seq}` });
    } else if (entry.previous !== this.#head.hash) {
      const message = `is not the one that entry ${entry.seq} was written after: it was altered and its hash computed anew`;
      this.#fail('altered', { seq: this.#head.seq, place: this.#place, message });
    }
    return this.#fault === undefined;
  }

  #agrees({ seq, hash }: ChainedEntry, place: Place): boolean {
    const wrong = this.#anchors.get(seq)?.find((anchor) => anchor.hash !== hash);
    if (wrong === undefined) return true;
    const message = `has another hash than ${wrong.source} names: it, or an entry before it, was altered and all hashes computed anew`;
    this.#fail('altered', { seq, place, message });
    return false;
  }

  /** What seemed to be missing stands further behind. */
  #explain(entry: ChainedEntry): void {
    const fault = this.#fault;
    if (fault?.kind !== 'removed' || entry.seq !== fault.seq || entry.previous !== this.#head.hash) return;
    const { file, line, seq } = fault;
    const message = `entry ${seq} stands further behind than it was written`;
    this.#fault = { ...fault, kind: 'reordered', message: `${file}:${line}: ${message}` };
  }

  #fail(kind: FaultKind, { seq, place, message }: FaultDetails): undefined {
    const { file, line } = place;
    this.#fault = { kind, chain: this.#chain, seq, file, line, message: `${file}:${line}: entry ${seq} ${message}` };
  }
}

/** What is wrong with which entry, in words that go on after `entry 5`. */
export interface FaultDetails {
  readonly seq: number;
  readonly place: Place;
  readonly message: string;
}

/** Whether the chain is there from its first entry. */
export function isWhole({ seq, previous }: ChainedEntry): boolean {
  return seq === 1 && previous === NO_HASH;
}
