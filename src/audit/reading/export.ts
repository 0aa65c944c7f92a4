import { readLines } from '../chain/lines.js';
import { readLine } from '../chain/link.js';
import { listSegments } from '../chain/segments.js';
import { type AuditFilter, createFilter } from './filter.js';

/** The lines of a trail whose entries match, as they stand in its files, the oldest first, in groups. Lines that are no entry are left out. */
export async function* exportTrail(folder: string, filter: AuditFilter): AsyncGenerator<readonly string[]> {
  const matches = createFilter(filter);
  for (const { file } of await listSegments(folder)) {
    for await (const lines of readLines(file)) {
      yield lines.flatMap(({ text }) => {
        const read = readLine(text);
        return read !== undefined && matches(read.entry) ? [text] : [];
      });
    }
  }
}
