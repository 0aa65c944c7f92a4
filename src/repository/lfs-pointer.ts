import { promises as fs } from 'node:fs';
import type { FileStamp } from './files.js';

/** Git LFS writes pointers of less than this. */
const MAX_POINTER_BYTES = 1024;
const FIRST_LINE = 'version https://git-lfs.github.com/spec/';

/** The first of the files that is a Git LFS pointer: the clone it came with has not fetched the content. */
export async function findLfsPointer(files: readonly FileStamp[]): Promise<FileStamp | undefined> {
  for (const file of files) {
    if (file.sizeBytes >= MAX_POINTER_BYTES || file.sizeBytes < FIRST_LINE.length) continue;
    const text = await fs.readFile(file.path, 'utf8').catch(() => '');
    if (text.startsWith(FIRST_LINE)) return file;
  }
  return undefined;
}
