import { readdir } from 'node:fs/promises';
import { invalidArgument } from '../core/index.js';

const PROBLEMS: Readonly<Record<string, string>> = { ENOENT: 'does not exist', ENOTDIR: 'is not a folder' };

/** Rejects with `invalid_argument` when one of the repositories is no folder that can be read; `remedy` ends the sentence. */
export async function checkFolders(paths: readonly string[], remedy: string): Promise<void> {
  for (const path of paths) {
    try {
      await readdir(path);
    } catch (cause) {
      const { code = '' } = cause as NodeJS.ErrnoException;
      const problem = PROBLEMS[code] ?? `cannot be read (${code})`;
      throw invalidArgument(`the model repository ${path} ${problem}${remedy}`, { cause });
    }
  }
}
