import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { invalidArgument } from '../../core/index.js';
import { type PayloadRecord, readRecord } from '../../payloads/index.js';
import { readProblem } from '../files.js';

/** The records of a file, or of all files of a folder, in the order in which they were written. Rejects with `invalid_argument`. */
export async function* readRecords(place: string): AsyncGenerator<PayloadRecord> {
  for (const file of await filesOf(place)) {
    const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
    for await (const line of lines) {
      const record = readRecord(line);
      if (record !== undefined) yield record;
    }
  }
}

async function filesOf(place: string): Promise<readonly string[]> {
  try {
    if (!(await stat(place)).isDirectory()) return [place];
    const names = await readdir(place);
    return names
      .filter((name) => name.endsWith('.jsonl'))
      .toSorted()
      .map((name) => path.join(place, name));
  } catch (cause) {
    throw invalidArgument(`${place} ${readProblem(cause)}`, { cause });
  }
}
