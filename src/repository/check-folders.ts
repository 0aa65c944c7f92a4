import { readdir, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { invalidArgument } from '../core/index.js';
import { objectStorageRemedy } from '../text/index.js';
import { isModelList, listProblem } from './tensorflow/find-listed.js';

/** Why a repository cannot be listed: `missing`, a `file`, or `unreadable` for the reason that the system's `code` tells. */
export interface FolderProblem {
  readonly kind: 'missing' | 'file' | 'unreadable';
  readonly code: string;
}

const PROBLEMS: Readonly<Record<string, string>> = { ENOENT: 'does not exist', ENOTDIR: 'is not a folder' };

/**
 * The names in a model repository; of a file that lists models, its own. Where it is neither, or cannot be read, rejects with
 * `invalid_argument` and the message that `explain` makes of the problem; where the list is wrong, with the line and the reason.
 */
export async function listRepository(
  path: string,
  explain: (problem: FolderProblem) => string,
): Promise<readonly string[]> {
  const remedy = objectStorageRemedy(path);
  if (remedy !== undefined) throw invalidArgument(`the model repository ${path}: ${remedy}`);
  try {
    const isList = (await isModelList(path)) && (await stat(path)).isFile();
    if (!isList) return await readdir(path);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw invalidArgument(explain({ kind: await kindOf(path, code), code }), { cause });
  }
  const problem = await listProblem(path);
  if (problem !== undefined) throw invalidArgument(problem);
  return [basename(path)];
}

async function kindOf(path: string, code: string): Promise<FolderProblem['kind']> {
  if (code === 'ENOENT') return 'missing';
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() === false ? 'file' : 'unreadable';
}

/** Rejects with `invalid_argument` when one of the repositories is no folder that can be read; `remedy` ends the sentence. */
export async function checkFolders(paths: readonly string[], remedy: string): Promise<void> {
  for (const path of paths) {
    await listRepository(path, ({ code }) => {
      const problem = PROBLEMS[code] ?? `cannot be read (${code})`;
      return `the model repository ${path} ${problem}${remedy}`;
    });
  }
}
