import { promises as fs } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { invalidArgument, MillraceError } from '../core/index.js';
import { describeFileError, isInside, LEADS_OUT } from './files.js';
import {
  findModels,
  isModelFile,
  isModelFolder,
  listVisible,
  type ModelLocation,
  type RepositoryRoot,
  siblings,
} from './find-models.js';
import type { ModelFiles } from './model-files.js';
import { modelNameProblem } from './names.js';

/** What is asked for by where it lies. */
export interface AskedPlace {
  /** The name that the model gets. */
  readonly name: string | undefined;
  /** An absolute path, one relative to a repository, or a `file:` URL. */
  readonly from: string;
}

export interface SearchedFolders {
  /** Repositories in order of precedence; absolute. */
  readonly folders: readonly string[];
  readonly files: ModelFiles;
}

/** Where in which repository something lies; `target` is absolute and as it was asked for. */
interface Place extends RepositoryRoot {
  readonly target: string;
  readonly isFolder: boolean;
}

const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

/**
 * The model at a path or URL inside a repository, under the name that is asked for: a model's folder, a model file, or a folder that holds
 * one of either. Throws `invalid_argument` for what cannot be one, lies elsewhere or leads out of its repository, `not_found` where there
 * is nothing.
 */
export async function locateModel(asked: AskedPlace, { folders, files }: SearchedFolders): Promise<ModelLocation> {
  const { from } = asked;
  const name = checkName(asked.name);
  const place = await findPlace(pathOf(from), { from, folders });
  const location = await modelAt(place, { from, files });
  const ownName = location.name;
  return { ...location, name, renamed: { from, ownName }, layout: location.layout === 'file' ? 'file' : 'folder' };
}

function checkName(name: string | undefined): string {
  const problem = name === undefined ? 'is missing' : modelNameProblem(name);
  if (name === undefined || problem !== undefined) throw invalidArgument(`the model's name ${problem}`);
  return name;
}

/** The path that is meant, absolute or not. */
function pathOf(from: string): string {
  if (from === '')
    throw invalidArgument("the model's URL is empty: expected the path of a folder in a model repository");
  if (from.includes('\0')) throw invalidArgument("the model's URL holds a NUL character");
  const scheme = SCHEME.exec(from)?.[1]?.toLowerCase();
  if (scheme === undefined) return from;
  if (scheme !== 'file') {
    throw invalidArgument(
      `'${from}' is not on this machine: put the model into a model repository of this server, for example with \`millrace pull\`, and give its path or a file: URL`,
    );
  }
  try {
    return fileURLToPath(from);
  } catch (error) {
    throw invalidArgument(`'${from}' is no URL of a file on this machine: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

interface Asking {
  readonly from: string;
  readonly folders: readonly string[];
}

/** The first repository in which the path leads to something. */
async function findPlace(wanted: string, { from, folders }: Asking): Promise<Place> {
  let isInOne = false;
  for (const repository of folders) {
    const root = await fs.realpath(repository).catch(() => undefined);
    if (root === undefined) continue;
    const target = path.resolve(repository, wanted);
    if (!isInside(repository, target) && !isInside(root, target)) continue;
    isInOne = true;
    const real = await fs.realpath(target).catch(() => undefined);
    const stats = real === undefined ? undefined : await fs.stat(real).catch(() => undefined);
    if (real === undefined || stats === undefined) continue;
    if (!isInside(root, real)) throw invalidArgument(`'${from}' ${LEADS_OUT}`);
    return { repository, root, target, isFolder: stats.isDirectory() };
  }
  if (isInOne) throw new MillraceError('not_found', `there is no '${from}' in the model repositories`);
  const known = folders.join(', ');
  throw invalidArgument(`'${from}' does not lie in a model repository of this server, which are: ${known || 'none'}`);
}

interface Known {
  readonly from: string;
  readonly files: ModelFiles;
}

async function modelAt(place: Place, { from, files }: Known): Promise<ModelLocation> {
  const { repository, root, target, isFolder } = place;
  try {
    if (!isFolder) return await fileAt(place, { from, files });
    const entries = await listVisible(target, root);
    const name = path.basename(target);
    if (isModelFolder(entries, files)) return { repository, root, name, layout: 'folder', folder: target, entries };
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw invalidArgument(`'${from}' ${describeFileError(error)}`, { cause: error });
  }
  // What archives are unpacked to: a folder with the model's folder in it.
  const { models, problems } = await findModels(target, files, undefined);
  const [model] = models;
  if (model !== undefined && models.length === 1) return { ...model, repository, root };
  const [problem] = problems;
  if (problem !== undefined) throw invalidArgument(`'${from}' holds no model: ${problem.reason}`);
  const found = models.map((other) => other.name).join(', ');
  throw invalidArgument(
    models.length === 0
      ? `'${from}' is no model: expected a folder with a configuration, numeric version folders or ${files.expected(undefined)}`
      : `'${from}' holds several models: ${found}; name one of them`,
  );
}

async function fileAt({ repository, root, target }: Place, { from, files }: Known): Promise<ModelLocation> {
  const folder = path.dirname(target);
  const entries = await listVisible(folder, root);
  const index = entries.findIndex(({ name }) => name === path.basename(target));
  const entry = entries[index];
  const name = entry && files.modelName(entry.name);
  if (entry === undefined || name === undefined || !isModelFile(entry, files)) {
    const foreign = files.describeForeign(path.basename(target));
    throw invalidArgument(`'${from}' is ${foreign ?? `no model file: expected ${files.expected(undefined)}`}`);
  }
  return { repository, root, name, layout: 'file', folder, entries: siblings(entries, index) };
}
