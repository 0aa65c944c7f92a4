import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { invalidArgument } from '../core/index.js';
import { CONFIG_FILES } from '../repository/index.js';
import type { RuntimeManifest } from '../runtimes/index.js';
import { didYouMean } from '../text/index.js';
import { listNamed } from './repositories.js';

/** What `millrace check` checks: whole repositories, or one model of theirs. */
export interface CheckTarget {
  readonly repositories: readonly string[];
  /** undefined = all. */
  readonly model: string | undefined;
}

/** Where models may be, and whose files they may be. */
export interface CheckPlaces {
  readonly cwd: string;
  readonly repositories: readonly string[];
  readonly runtimes: readonly RuntimeManifest[];
}

/**
 * What a person means by `given`: a repository, a model's folder, a bare model file, or the name of a model in the
 * configured repositories. Throws `invalid_argument` when it is none of them.
 */
export async function findCheckTarget(
  given: string | undefined,
  { cwd, repositories, runtimes }: CheckPlaces,
): Promise<CheckTarget> {
  if (given === undefined) return { repositories, model: undefined };
  const path = resolve(cwd, given);
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) {
    const isModel = (await listNamed(path)).some((name) => CONFIG_FILES.includes(name) || /^\d+$/.test(name));
    return isModel
      ? { repositories: [dirname(path)], model: basename(path) }
      : { repositories: [path], model: undefined };
  }
  const endings = runtimes.flatMap(({ files }) => (files === undefined || files.names ? [] : files.endings));
  if (stats?.isFile()) {
    const ending = endings.find((candidate) => path.endsWith(candidate)) ?? extname(path);
    return { repositories: [dirname(path)], model: basename(path, ending) };
  }
  const names = [given, ...endings.map((ending) => `${given}${ending}`)];
  for (const repository of repositories) {
    const found = await Promise.all(names.map((name) => exists(join(repository, name))));
    if (found.includes(true)) return { repositories, model: given };
  }
  const known = await Promise.all(repositories.map((repository) => readdir(repository).catch(() => [])));
  throw invalidArgument(
    `${given} is neither a folder nor a model file, nor a model in ${repositories.join(', ')}${didYouMean(given, known.flat())}`,
  );
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
