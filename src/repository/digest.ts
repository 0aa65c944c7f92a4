import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';

const CHUNK_BYTES = 262_144;

/** SHA-256 (hex) of a file of any size, read in pieces small enough to leave the event loop free in between. */
export async function hashFile(filePath: string): Promise<string> {
  const hash = createHash('sha256');
  const handle = await fs.open(filePath, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** One digest over several files: SHA-256 of the lines that `sha256sum` prints for them, in order of name. */
export function combineDigests(files: readonly { readonly relative: string; readonly sha256: string }[]): string {
  const ordered = files.toSorted((a, b) => (a.relative < b.relative ? -1 : 1));
  return hashText(ordered.map(({ relative, sha256 }) => `${sha256}  ${relative}\n`).join(''));
}
