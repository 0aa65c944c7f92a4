import { open } from 'node:fs/promises';
import { MAX_LINE_BYTES } from '../chain/lines.js';

const CHUNK_BYTES = 262_144;
const NEWLINE = 0x0a;

/** A line, and where it begins and ends in its file. */
export interface LineAt {
  readonly text: string;
  readonly offset: number;
  /** Behind its newline. */
  readonly end: number;
}

/** The lines of a file before `end` (undefined = its end), the last one first, in groups of what is read at once. A line beyond 4 MiB is cut. */
export async function* readLinesBackwards(file: string, end?: number): AsyncGenerator<readonly LineAt[]> {
  const handle = await open(file, 'r');
  try {
    let position = end ?? (await handle.stat()).size;
    let rest = Buffer.alloc(0);
    while (position > 0) {
      const length = Math.min(CHUNK_BYTES, position);
      position -= length;
      const chunk = Buffer.alloc(length);
      await handle.read(chunk, 0, length, position);
      const bytes = Buffer.concat([chunk, rest]);
      const first = position === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
      rest = bytes.subarray(0, Math.min(first, MAX_LINE_BYTES));
      if (first > 0 || position === 0) yield linesOf(bytes.subarray(first), position + first);
      else rest = bytes.subarray(0, MAX_LINE_BYTES);
    }
  } finally {
    await handle.close();
  }
}

function linesOf(bytes: Buffer, offset: number): readonly LineAt[] {
  const lines: LineAt[] = [];
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, from);
    const end = newline < 0 ? bytes.length : newline;
    const next = Math.min(end + 1, bytes.length);
    lines.push({ text: bytes.toString('utf8', from, end), offset: offset + from, end: offset + next });
    from = next;
  }
  return lines.reverse();
}
