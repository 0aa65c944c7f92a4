import { readdir, stat } from 'node:fs/promises';
import { invalidArgument, type MillraceError } from '../core/index.js';
import { readProblem } from './files.js';

/**
 * Checks whether the repositories are there at all, before anything is started. Throws `invalid_argument` with a
 * sentence on what to do; `emptyIsFine` where models may come later.
 */
export async function checkRepositories(paths: readonly string[], emptyIsFine: boolean): Promise<void> {
  const counts = await Promise.all(paths.map(countEntries));
  if (!emptyIsFine && counts.every((count) => count === 0)) throw emptyRepositories(paths);
}

/** For folders in which nothing is a model. */
export function emptyRepositories(paths: readonly string[]): MillraceError {
  return invalidArgument(
    `there is no model in ${paths.join(' nor in ')}. Put one there as <model>/1/model.onnx or as a bare <model>.onnx, ` +
      'or name another folder: millrace serve <folder>',
  );
}

async function countEntries(path: string): Promise<number> {
  const stats = await stat(path).catch((error: unknown) => refuseRepository(path, error));
  if (!stats.isDirectory()) {
    throw invalidArgument(
      `the model repository ${path} is a file. Name the folder it is in, or look at it alone: millrace check ${path}`,
    );
  }
  const entries = await readdir(path).catch((error: unknown) => refuseRepository(path, error));
  return entries.filter((entry) => !entry.startsWith('.')).length;
}

/** Throws `invalid_argument` that says why a folder cannot be read, and what to do. */
export function refuseRepository(path: string, cause: unknown): never {
  const problem = readProblem(cause);
  const remedy = problem === 'does not exist' ? 'Create it' : 'Let this user read it';
  throw invalidArgument(
    `the model repository ${path} ${problem}. ${remedy}, or name another folder: millrace serve <folder>`,
    { cause },
  );
}
