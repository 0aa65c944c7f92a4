import { promises as fs } from 'node:fs';
import path from 'node:path';
import { describeFileError, type Entry, LEADS_OUT, listFolder } from './files.js';
import { mapConcurrently } from './map-concurrently.js';
import type { ModelFiles } from './model-files.js';
import { isIgnoredName, modelNameProblem, versionOfFolder } from './names.js';
import type { VersionChoice } from './types.js';

/** Configuration files in order of precedence. */
export const CONFIG_FILES: readonly string[] = ['model.yaml', 'model.yml', 'config.pbtxt'];

/** A repository folder: as configured (absolute), and without symbolic links; nothing may lead out of the latter. */
export interface RepositoryRoot {
  readonly repository: string;
  readonly root: string;
}

/**
 * `folder`: one in the repository. `repository`: the repository itself. `file`: a bare model file, the first of the
 * entries. `upload`: a temporary folder with files that came with a load request.
 */
export type ModelLayout = 'folder' | 'repository' | 'file' | 'upload';

/** Where a model lies; its versions have not been read. */
export interface ModelLocation extends RepositoryRoot {
  readonly name: string;
  /** It was asked for by where it lies, and has got its name there; undefined = the name is that of its folder or file. */
  readonly renamed?: {
    /** The path or URL, as it was given. */
    readonly from: string;
    /** The name that it has by its folder or file, by which its configuration may call it. */
    readonly ownName: string;
  };
  /** Whoever lists the model says which versions are served. */
  readonly choice?: VersionChoice;
  readonly layout: ModelLayout;
  /** The model's folder; of a bare file, the folder it lies in. */
  readonly folder: string;
  /** What lies in the folder, ignored names left out; of a bare file, itself and the files that belong to it. */
  readonly entries: readonly Entry[];
}

export interface FoundModels {
  /** In order of name. */
  readonly models: readonly ModelLocation[];
  /** Things that should have been models. */
  readonly problems: readonly { readonly name: string; readonly reason: string }[];
  /** Sentences about the repository as a whole. */
  readonly notices: readonly string[];
  /** Why it cannot be listed, as a sentence; undefined = it was. */
  readonly unlisted?: string;
}

interface SearchedRoot extends RepositoryRoot {
  readonly files: ModelFiles;
}

const HINT = 'put a model in it, for example my-model/1/model.onnx or just my-model.onnx';
const CONCURRENCY = 16;

/**
 * The models of one repository: subfolders with a configuration, a numeric version folder or a model file; bare
 * model files (`*.onnx`); or the folder itself when it is a model. `only` restricts the scan to one name. Never rejects.
 */
export async function findModels(
  repository: string,
  files: ModelFiles,
  only: string | undefined,
): Promise<FoundModels> {
  const nothing = (message: string): FoundModels => ({
    models: [],
    problems: [],
    notices: [`model repository ${repository} ${message}; ${HINT}`],
  });
  try {
    const place = { repository, root: await fs.realpath(repository), files };
    const entries = await listVisible(place.root, place.root);
    if (entries.length === 0) return nothing('is empty');
    const whole = await modelOfWholeFolder(place, entries);
    const found = whole === undefined ? await findIn(place, entries, only) : resultOf([whole]);
    const none = found.models.length + found.problems.length === 0;
    return none && only === undefined ? nothing('holds no model') : found;
  } catch (error) {
    const reason = describeFileError(error);
    return { ...nothing(reason), unlisted: `model repository ${repository} ${reason}` };
  }
}

/** A repository that is itself a model's folder, as a model with the given name; undefined = it is not one, or cannot be read. */
export async function findModelItself(
  repository: string,
  files: ModelFiles,
  name: string,
): Promise<FoundModels | undefined> {
  try {
    const root = await fs.realpath(repository);
    const entries = await listVisible(root, root);
    if (!isModelFolder(entries, files)) return undefined;
    const problem = modelNameProblem(name);
    if (problem !== undefined)
      return { models: [], problems: [{ name, reason: `the model's name ${problem}` }], notices: [] };
    const renamed = { from: repository, ownName: path.basename(repository) };
    return resultOf([{ repository, root, name, renamed, layout: 'folder', folder: repository, entries }]);
  } catch {
    return undefined;
  }
}

/** What lies in a folder, ignored names left out. */
export async function listVisible(folder: string, root: string): Promise<readonly Entry[]> {
  return (await listFolder(folder, root)).filter((entry) => !isIgnoredName(entry.name));
}

function resultOf(models: readonly ModelLocation[]): FoundModels {
  return { models, problems: [], notices: [] };
}

/** The repository as one model: it has a configuration, or nothing but numeric folders that hold files. */
async function modelOfWholeFolder(
  { repository, root, files }: SearchedRoot,
  entries: readonly Entry[],
): Promise<ModelLocation | undefined> {
  const model = {
    repository,
    root,
    name: path.basename(repository),
    layout: 'repository' as const,
    folder: repository,
    entries,
  };
  if (hasConfig(entries)) return model;
  const folders = entries.filter((entry) => entry.kind === 'folder');
  const numeric = folders.filter((entry) => versionOfFolder(entry.name) !== undefined);
  if (numeric.length === 0 || numeric.length < folders.length || entries.some((entry) => isModelFile(entry, files)))
    return undefined;
  for (const folder of numeric) {
    const inside = await listVisible(folder.path, root);
    if (hasConfig(inside) || hasVersions(inside)) return undefined;
  }
  return model;
}

async function findIn(
  { files, ...place }: SearchedRoot,
  entries: readonly Entry[],
  only: string | undefined,
): Promise<FoundModels> {
  const models = new Map<string, ModelLocation>();
  const problems: { name: string; reason: string }[] = [];
  const notices: string[] = [];
  const contents = await mapConcurrently(entries, CONCURRENCY, async (entry) =>
    only === undefined || nameOf(entry, files) === only ? contentsOf(entry, place.root, files) : undefined,
  );
  for (const [index, entry] of entries.entries()) {
    const name = nameOf(entry, files);
    const content = contents[index];
    const nameProblem = modelNameProblem(name);
    if (content === undefined) continue;
    const foreign = entry.kind === 'file' ? files.foreignModelName(entry.name) : undefined;
    if (foreign !== undefined) {
      const known =
        models.has(name) || problems.some((problem) => problem.name === name) || belongsToModel(entry, entries, files);
      if (!known) problems.push({ name, reason: `${entry.name} is ${files.describeForeign(entry.name)}` });
    } else if (typeof content === 'string') problems.push({ name, reason: content });
    else if (entry.kind === 'folder' && !isModelFolder(content, files)) {
      notices.push(
        `folder '${name}' is not a model: it has no configuration, no numeric version folder, no model file`,
      );
    } else if (nameProblem !== undefined) problems.push({ name, reason: `the model's name ${nameProblem}; rename it` });
    else if (models.has(name)) notices.push(`file '${entry.name}' is not served: there is a folder '${name}' as well`);
    else if (entry.kind === 'file') {
      models.set(name, { ...place, name, layout: 'file', folder: place.repository, entries: siblings(entries, index) });
    } else {
      const folder = path.join(place.repository, name);
      models.set(name, { ...place, name, layout: 'folder', folder, entries: content });
    }
  }
  return { models: [...models.values()], problems, notices };
}

/** The entry at `index` and those that belong to it by name: `x.onnx`, `x.onnx.data`, `x.onnx_data`. */
export function siblings(entries: readonly Entry[], index: number): readonly Entry[] {
  const name = entries[index]?.name ?? '';
  // In order of name, so what begins with it follows it directly.
  let end = index + 1;
  while (entries[end]?.name.startsWith(name)) end++;
  return entries.slice(index, end).filter((entry) => /^(?:[._]|$)/.test(entry.name.slice(name.length)));
}

/** It bears the name of a bare model file, whose data it may hold. */
function belongsToModel({ name }: Entry, entries: readonly Entry[], files: ModelFiles): boolean {
  return entries.some((other) => isModelFile(other, files) && name.startsWith(other.name));
}

/** What lies in an entry that may be a model: undefined for other files, a sentence where it cannot be read. */
async function contentsOf(
  entry: Entry,
  root: string,
  files: ModelFiles,
): Promise<readonly Entry[] | string | undefined> {
  const { name, kind } = entry;
  if (kind === 'outside') return `'${name}' ${LEADS_OUT}`;
  if (kind === 'file') return isModelFile(entry, files) || files.foreignModelName(name) !== undefined ? [] : undefined;
  try {
    return await listVisible(entry.path, root);
  } catch (error) {
    return `folder '${name}' ${describeFileError(error)}`;
  }
}

function nameOf({ name, kind }: Entry, files: ModelFiles): string {
  return kind === 'folder' ? name : (files.modelName(name) ?? files.foreignModelName(name) ?? name);
}

/** Whether a file is a model by its name alone. */
export function isModelFile({ name, kind }: Entry, files: ModelFiles): boolean {
  return kind === 'file' && files.modelName(name) !== undefined;
}

/** Whether a folder with these entries is a model's. */
export function isModelFolder(entries: readonly Entry[], files: ModelFiles): boolean {
  // One of others counts too: whoever has put it there is to hear why it is not served.
  const isModel = ({ name, kind }: Entry) =>
    files.marksModel(name) || (kind === 'file' && files.describeForeign(name) !== undefined);
  return hasConfig(entries) || hasVersions(entries) || entries.some(isModel);
}

function hasConfig(entries: readonly Entry[]): boolean {
  return entries.some((entry) => entry.kind !== 'folder' && CONFIG_FILES.includes(entry.name));
}

function hasVersions(entries: readonly Entry[]): boolean {
  return entries.some((entry) => entry.kind !== 'file' && versionOfFolder(entry.name) !== undefined);
}
