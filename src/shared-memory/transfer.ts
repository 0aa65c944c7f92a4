import { read, readSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';

/** Up to here copying is cheaper than a thread; beyond, it would hold up everybody else. */
const MAX_SYNC_BYTES = 1_048_576;

const readAsync = promisify(read);
const writeAsync = promisify(write);

/** Fills `target` from `position` of the file; resolves with the bytes that there were, fewer where the file ends before. */
export async function readFully(descriptor: number, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const rest = { offset: done, length: target.length - done, position: position + done };
    const got =
      target.length <= MAX_SYNC_BYTES
        ? readSync(descriptor, target, rest)
        : (await readAsync(descriptor, target, rest.offset, rest.length, rest.position)).bytesRead;
    if (got === 0) break;
    done += got;
  }
  return done;
}

/** Writes all of `source` at `position` of the file. */
export async function writeFully(descriptor: number, source: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < source.length) {
    const rest = { offset: done, length: source.length - done, position: position + done };
    done +=
      source.length <= MAX_SYNC_BYTES
        ? writeSync(descriptor, source, rest.offset, rest.length, rest.position)
        : (await writeAsync(descriptor, source, rest.offset, rest.length, rest.position)).bytesWritten;
  }
}
