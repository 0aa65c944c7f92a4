import { stat } from 'node:fs/promises';
import path from 'node:path';
import { invalidArgument } from '../../core/index.js';
import { type ChainedEntry, readLine } from '../chain/link.js';
import { listSegments, type Segment } from '../chain/segments.js';
import { type EntryFields, readInferences } from '../entries.js';
import { type AuditFilter, createFilter } from './filter.js';
import { readLinesBackwards } from './lines-backwards.js';

/** An entry that was looked for. A change is one: what came of it where that is known, else what was about to be done. */
export interface FoundEntry {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
  /** Of an inference: its place among those that share its `seq`, from 0. */
  readonly index?: number | undefined;
  /** With `outcome`, which is `unknown` where a change has no end: it goes on, or the server was killed. */
  readonly entry: EntryFields;
}

export interface Page {
  /** The newest first. */
  readonly entries: readonly FoundEntry[];
  /** Where the next page begins; undefined = there is nothing more. */
  readonly next: string | undefined;
}

export interface PageOptions {
  readonly limit: number;
  /** {@link Page.next} of the page before. */
  readonly from?: string | undefined;
}

/** Read for a page at most, in bytes: a page may have few entries, or none, and yet a next one. */
const MAX_READ_BYTES = 16_777_216;
/** Changes of a chain whose end was found before their beginning; more are in progress at no time. */
const MAX_ENDED = 10_000;

/** How far the search has come. */
interface Cursor {
  /** The segment's name; lines before `before` are still to be read, of the last one only the inferences before `index`. */
  readonly segment: string;
  readonly before: number;
  readonly index?: number | undefined;
  /** `seq` of changes whose end is on a page before. */
  readonly ended: readonly number[];
}

/** Entries that match, the newest first, a page at a time. Rejects with `invalid_argument` for what is no cursor. */
export async function searchTrail(folder: string, filter: AuditFilter, { limit, from }: PageOptions): Promise<Page> {
  const cursor = from === undefined ? undefined : readCursor(from);
  const matches = createFilter(filter);
  const entries: FoundEntry[] = [];
  let ended = new Set(cursor?.ended);
  let chain = cursor && chainOf(cursor.segment);
  let readBytes = 0;
  for (const segment of await segmentsFrom(folder, cursor)) {
    if (segment.chain !== chain) ended = new Set();
    chain = segment.chain;
    const name = path.basename(segment.file);
    const before = name === cursor?.segment ? cursor.before : undefined;
    if (before === undefined && ended.size === 0 && (await isBefore(segment, filter.sinceMs))) continue;
    for await (const lines of readLinesBackwards(segment.file, before)) {
      for (const { text, offset, end } of lines) {
        readBytes += text.length;
        const read = readLine(text);
        const said = read && act(read, ended, end === before ? cursor?.index : undefined);
        for (const found of said ?? []) {
          if (matches(found.entry)) entries.push(found);
          if (entries.length < limit) continue;
          const place = found.index ? { before: end, index: found.index } : { before: offset };
          return { entries, next: writeCursor({ segment: name, ...place, ended: [...ended] }) };
        }
        if (readBytes >= MAX_READ_BYTES) {
          return { entries, next: writeCursor({ segment: name, before: offset, ended: [...ended] }) };
        }
      }
    }
  }
  return { entries, next: undefined };
}

/**
 * What an entry says: of a change, which has two, the end, or the beginning where there is no end; of inferences each one before `beforeIndex`,
 * the last one first.
 */
function act(
  { chain, seq, hash, entry }: ChainedEntry,
  ended: Set<number>,
  beforeIndex: number | undefined,
): readonly FoundEntry[] {
  const inferences = readInferences(entry)?.slice(0, beforeIndex);
  if (inferences !== undefined) {
    return inferences.map((inference, index) => ({ chain, seq, hash, index, entry: inference })).reverse();
  }
  if (entry.type === 'outcome' && ended.size < MAX_ENDED) ended.add(Number(entry.intent));
  if (entry.type !== 'intent') return [{ chain, seq, hash, entry }];
  return ended.delete(seq) ? [] : [{ chain, seq, hash, entry: { ...entry, outcome: 'unknown' } }];
}

/** The newest first; from the cursor's on, or the next older one where it has been removed. */
async function segmentsFrom(folder: string, cursor: Cursor | undefined): Promise<readonly Segment[]> {
  const segments = (await listSegments(folder)).toReversed();
  if (cursor === undefined) return segments;
  return segments.filter(({ file }) => path.basename(file) <= cursor.segment);
}

/** Nothing was written to the file since then. */
async function isBefore({ file }: Segment, sinceMs: number | undefined): Promise<boolean> {
  return sinceMs !== undefined && (await stat(file)).mtimeMs < sinceMs;
}

function chainOf(segment: string): string {
  return segment.slice(0, segment.indexOf('.'));
}

function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function readCursor(text: string): Cursor {
  try {
    const { segment, before, index, ended } = JSON.parse(Buffer.from(text, 'base64url').toString());
    const isCursor = typeof segment === 'string' && isPlace(before) && (index === undefined || isPlace(index));
    if (isCursor && Array.isArray(ended)) return { segment, before, index, ended: ended.map(Number) };
  } catch {
    // Said below.
  }
  throw invalidArgument('after: expected what `next` of the page before says');
}

function isPlace(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
