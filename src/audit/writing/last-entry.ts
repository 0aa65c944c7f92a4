import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { MAX_LINE_BYTES } from '../chain/lines.js';
import { type ChainedEntry, readLine } from '../chain/link.js';
import type { Segment } from '../chain/segments.js';

const FIRST_READ_BYTES = 65_536;

/** The last entry of a segment, without reading what comes before it; undefined where there is none that can be read. */
export function lastEntryOf({ file }: Segment): ChainedEntry | undefined {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    for (let length = FIRST_READ_BYTES; ; length *= 4) {
      const from = Math.max(0, size - length);
      const bytes = Buffer.alloc(size - from);
      const read = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, from));
      const entry = lastIn(read.toString());
      if (entry !== undefined || from === 0 || length > MAX_LINE_BYTES) return entry;
    }
  } finally {
    closeSync(fd);
  }
}

/** The last of all segments that has entries, the oldest chain first. */
export function lastEntryAmong(segments: readonly Segment[]): ChainedEntry | undefined {
  for (const segment of segments.toReversed()) {
    const entry = lastEntryOf(segment);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function lastIn(text: string): ChainedEntry | undefined {
  for (const line of text.split('\n').reverse()) {
    const entry = readLine(line);
    if (entry !== undefined) return entry;
  }
  return undefined;
}
