import type { Position } from '../types.js';
import { ByteSource } from './byte-source.js';

/** Records of text that follow each other: a piece of a file. */
export interface Records {
  readonly first: Position;
  /** Valid until the next piece. */
  readonly bytes: Buffer;
  /** For each record, where it begins and ends in `bytes`, and its first line in the file, from 1. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly lines: readonly number[];
  /** Records that are too long, by index. */
  readonly problems: ReadonlyMap<number, string>;
  readonly next: Position;
}

/** Where the record that begins at `start` ends: behind its line break. -1 = not in these bytes. */
export type FindEnd = (bytes: Buffer, start: number) => number;

export interface RecordOptions {
  readonly from: Position;
  /** No piece goes beyond a multiple of so many records. */
  readonly stride: number;
  /** Longer records are problems. */
  readonly maxRecordBytes: number;
  readonly findEnd: FindEnd;
}

export const LINE_BREAK = 0x0a;
const SPACE = 0x20;
const NOTHING = Buffer.alloc(0);

/** The end of a line. */
export const findLineEnd: FindEnd = (bytes, start) => bytes.indexOf(LINE_BREAK, start) + 1 || -1;

/** A file's records in pieces; blank lines are none. The last record needs no line break. */
export async function* readRecords(path: string, options: RecordOptions): AsyncGenerator<Records> {
  const source = await ByteSource.open(path, options.from.offset);
  try {
    let position = options.from;
    for (;;) {
      const { records, isTooLong } = split(source, position, options);
      if (records.starts.length > 0) yield records;
      source.use(records.next.offset - position.offset);
      position = records.next;
      if (isTooLong) {
        const skipped = await skipLine(source, position, options);
        yield skipped;
        position = skipped.next;
      } else if (source.ended && source.bytes.length === 0) {
        return;
      } else if (records.starts.length === 0 || position.row % options.stride !== 0) {
        await source.more();
      }
    }
  } finally {
    await source.close();
  }
}

interface Split {
  readonly records: Records;
  /** The record behind them is longer than allowed, and its end has not been read. */
  readonly isTooLong: boolean;
}

/** The whole records of what has been read, up to the next multiple of the stride. */
function split({ bytes, ended }: ByteSource, first: Position, options: RecordOptions): Split {
  const { stride, maxRecordBytes, findEnd } = options;
  const most = stride - (first.row % stride);
  const starts: number[] = [];
  const ends: number[] = [];
  const lines: number[] = [];
  const problems = new Map<number, string>();
  let isTooLong = false;
  let at = 0;
  let line = first.line;
  while (at < bytes.length && starts.length < most) {
    let end = findEnd(bytes, at);
    // A record that does not end costs its first line only.
    if (end < 0 && (ended || bytes.length - at > maxRecordBytes)) end = findLineEnd(bytes, at);
    if (end < 0 && ended) end = bytes.length;
    if (end < 0) {
      isTooLong = bytes.length - at > maxRecordBytes;
      break;
    }
    if (!isBlank(bytes, at, end)) {
      if (end - at > maxRecordBytes) problems.set(starts.length, tooLong(end - at, maxRecordBytes));
      starts.push(at);
      ends.push(end);
      lines.push(line + 1);
    }
    line += findEnd === findLineEnd ? 1 : countLines(bytes, at, end);
    at = end;
  }
  const next = { row: first.row + starts.length, line, offset: first.offset + at };
  return { records: { first, bytes, starts, ends, lines, problems, next }, isTooLong };
}

/** Passes over a line that is too long to be kept; as one record without its bytes. */
async function skipLine(source: ByteSource, first: Position, { maxRecordBytes }: RecordOptions): Promise<Records> {
  const start = source.offset;
  for (;;) {
    const end = findLineEnd(source.bytes, 0);
    source.use(end < 0 ? source.bytes.length : end);
    if (end >= 0 || !(await source.more())) break;
  }
  const { offset } = source;
  return {
    first,
    bytes: NOTHING,
    starts: [0],
    ends: [0],
    lines: [first.line + 1],
    problems: new Map([[0, tooLong(offset - start, maxRecordBytes)]]),
    next: { row: first.row + 1, line: first.line + 1, offset },
  };
}

function tooLong(bytes: number, most: number): string {
  return `the line has ${bytes} bytes: expected at most ${most}`;
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) > SPACE) return false;
  return true;
}

function countLines(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_BREAK, start); at >= 0 && at < end; at = bytes.indexOf(LINE_BREAK, at + 1)) count++;
  return count;
}
