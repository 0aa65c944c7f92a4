import { canonicalJson } from '../chain/canonical-json.js';
import { readLines } from '../chain/lines.js';
import { readLine } from '../chain/link.js';
import { listSegments } from '../chain/segments.js';
import { type EntryFields, readInferences } from '../entries.js';
import { type AuditFilter, createFilter } from './filter.js';

/**
 * The lines of a trail whose entries match, as they stand in its files, the oldest first, in groups. Of inferences, which share lines, each is one of
 * its own: with the `hash` of the line that it stands in, and its `index` there. Lines that are no entry are left out.
 */
export async function* exportTrail(folder: string, filter: AuditFilter): AsyncGenerator<readonly string[]> {
  const matches = createFilter(filter);
  for (const { file } of await listSegments(folder)) {
    for await (const lines of readLines(file)) yield lines.flatMap(({ text }) => exported(text, matches));
  }
}

function exported(line: string, matches: (entry: EntryFields) => boolean): readonly string[] {
  const read = readLine(line);
  if (read === undefined) return [];
  const { chain, seq, hash, entry } = read;
  const inferences = readInferences(entry);
  if (inferences === undefined) return matches(entry) ? [line] : [];
  return inferences.flatMap((inference, index) =>
    matches(inference) ? [canonicalJson({ chain, seq, hash, index, entry: inference })] : [],
  );
}
