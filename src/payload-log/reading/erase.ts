import { open } from 'node:fs/promises';
import { readLines } from '../../audit/index.js';
import { readRecord } from '../../payloads/index.js';
import { listLogFiles } from '../log-files.js';

/**
 * Writes spaces over all records of a request where they stand, and resolves with their number once that is on the disk. Other processes may
 * go on writing to the files.
 */
export async function eraseRequest(folder: string, requestId: string): Promise<number> {
  const written = JSON.stringify(requestId);
  let count = 0;
  for (const { file } of await listLogFiles(folder)) {
    const places: { readonly offset: number; readonly length: number }[] = [];
    for await (const lines of readLines(file)) {
      for (const { text, offset } of lines) {
        if (!text.includes(written) || readRecord(text)?.request_id !== requestId) continue;
        places.push({ offset, length: Buffer.byteLength(text) });
      }
    }
    if (places.length === 0) continue;
    const handle = await open(file, 'r+');
    try {
      for (const { offset, length } of places) await handle.write(Buffer.alloc(length, ' '), 0, length, offset);
      await handle.sync();
    } finally {
      await handle.close();
    }
    count += places.length;
  }
  return count;
}
