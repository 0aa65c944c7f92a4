import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { readInferences } from '../../src/audit/entries.js';

/** An entry of an audit trail, as it stands in its file. */
export type TrailEntry = Readonly<Record<string, unknown>>;

interface Recorded {
  readonly folder: { readonly path: string };
}

/** What a server has recorded so far, each inference as an entry of its own. */
export function readTrail(server: Recorded): readonly TrailEntry[] {
  const audit = folderOf(server);
  return names(audit).flatMap((name) => entriesIn(readFileSync(path.join(audit, name), 'utf8')));
}

/** Beginnings and ends of changes: `key:ops model.load intent`, `key:ops model.load ok`. */
export function readChanges(server: Recorded): readonly string[] {
  return changesIn(readTrail(server));
}

/** Reads each change of a trail once: reading a long trail again for every request takes longer than the requests. */
export class ChangesReader {
  readonly #audit: string;
  /** Bytes read, by file. */
  readonly #read = new Map<string, number>();

  constructor(server: Recorded) {
    this.#audit = folderOf(server);
  }

  /** Those since the last time. */
  next(): readonly string[] {
    return changesIn(names(this.#audit).flatMap((name) => entriesIn(this.#more(name))));
  }

  /** The whole lines that a file has got. */
  #more(name: string): string {
    const from = this.#read.get(name) ?? 0;
    const file = openSync(path.join(this.#audit, name), 'r');
    try {
      const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - from));
      const read = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
      const whole = read.subarray(0, read.lastIndexOf('\n') + 1);
      this.#read.set(name, from + whole.length);
      return whole.toString();
    } finally {
      closeSync(file);
    }
  }
}

function folderOf({ folder }: Recorded): string {
  return path.join(folder.path, '.millrace/audit');
}

function entriesIn(text: string): readonly TrailEntry[] {
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      const { entry } = JSON.parse(line);
      return readInferences(entry) ?? [entry];
    });
}

function changesIn(entries: readonly TrailEntry[]): readonly string[] {
  return entries
    .filter(({ type }) => type === 'intent' || type === 'outcome')
    .map(({ principal, action, outcome = 'intent' }) => `${principal} ${action} ${outcome}`);
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .sort();
  } catch {
    return [];
  }
}
