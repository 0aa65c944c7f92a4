import { invalidArgument, type MillraceError } from '../core/index.js';
import { type FolderProblem, listRepository } from '../repository/index.js';

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
  const entries = await listNamed(path);
  return entries.filter((entry) => !entry.startsWith('.')).length;
}

/** The names in a repository that the user named. Rejects with `invalid_argument` that says what to do. */
export function listNamed(path: string): Promise<readonly string[]> {
  return listRepository(path, (problem) => explain(path, problem));
}

function explain(path: string, { kind, code }: FolderProblem): string {
  if (kind === 'file') {
    return `the model repository ${path} is a file. Name the folder it is in, or look at it alone: millrace check ${path}`;
  }
  const problem = kind === 'missing' ? 'does not exist. Create it' : `cannot be read (${code}). Let this user read it`;
  return `the model repository ${path} ${problem}, or name another folder: millrace serve <folder>`;
}
