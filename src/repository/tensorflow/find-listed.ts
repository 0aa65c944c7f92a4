import { promises as fs } from 'node:fs';
import path from 'node:path';
import { objectStorageRemedy } from '../../text/index.js';
import { describeFileError } from '../files.js';
import { type FoundModels, isModelFolder, listVisible, type ModelLocation } from '../find-models.js';
import type { ModelFiles } from '../model-files.js';
import type { VersionChoice } from '../types.js';
import type { ListedModel } from './listed-models.js';

const LIST = /\.conf(?:ig)?$/;
const MAX_LIST_BYTES = 4_194_304;

/** Whether a repository is a file that lists models instead of a folder: TensorFlow Serving's `models.config`. */
export async function isModelList(repository: string): Promise<boolean> {
  if (!LIST.test(repository)) return false;
  const stats = await fs.stat(repository).catch(() => undefined);
  return stats?.isDirectory() !== true;
}

/**
 * The models that a `models.config` lists, each in the folder of its `base_path`, out of which nothing may lead; relative ones start from
 * the file's. Labels are those of the list, versions where it has a policy. `only` restricts the search to one name. Never rejects.
 */
export async function findListedModels(
  list: string,
  files: ModelFiles,
  only: string | undefined,
): Promise<FoundModels> {
  try {
    const listed = await readList(list);
    const found = await Promise.all(
      listed.filter(({ name }) => only === undefined || name === only).map((model) => locate(model, list, files)),
    );
    const none = listed.length === 0 ? [`${list} lists no model`] : [];
    const unheard = listed
      .filter(({ asksForLog }) => asksForLog)
      .map(({ name }) => `${list}: requests of model '${name}' are not recorded, whatever its logging_config says`);
    return {
      models: found.flatMap((one) => ('reason' in one ? [] : [one])),
      problems: found.flatMap((one) => ('reason' in one ? [one] : [])),
      notices: [...none, ...unheard],
    };
  } catch (error) {
    const reason = `${list}: ${describeFileError(error)}`;
    return { models: [], problems: [], notices: [reason], unlisted: reason };
  }
}

/** Why a file cannot be read as a list of models, with line and column where they are known; undefined = it can. */
export async function listProblem(list: string): Promise<string | undefined> {
  return readList(list).then(
    () => undefined,
    (error: unknown) => `${list}: ${describeFileError(error)}`,
  );
}

async function readList(list: string): Promise<readonly ListedModel[]> {
  const { size } = await fs.stat(list);
  if (size > MAX_LIST_BYTES) throw new Error(`it has ${size} bytes; expected at most ${MAX_LIST_BYTES}`);
  const text = await fs.readFile(list, 'utf8');
  const { parseModelsConfig } = await import('./parse-models-config.js');
  return parseModelsConfig(text).map((model) => ({ ...model, choice: placedIn(list, model.choice) }));
}

function placedIn(list: string, choice: VersionChoice): VersionChoice {
  const { labelPlaces } = choice;
  if (labelPlaces === undefined) return choice;
  const places = Object.entries(labelPlaces).map(([label, place]) => [label, `${list}:${place}`]);
  return { ...choice, labelPlaces: Object.fromEntries(places) };
}

async function locate(
  { name, basePath, choice }: ListedModel,
  list: string,
  files: ModelFiles,
): Promise<ModelLocation | { readonly name: string; readonly reason: string }> {
  const remedy = objectStorageRemedy(basePath);
  if (remedy !== undefined) return { name, reason: `base_path ${basePath}: ${remedy}` };
  const folder = path.resolve(path.dirname(list), basePath);
  try {
    const root = await fs.realpath(folder);
    const entries = await listVisible(root, root);
    if (!isModelFolder(entries, files)) {
      return { name, reason: `base_path ${folder} has no numeric version folder, no configuration and no model file` };
    }
    const renamed = { from: folder, ownName: path.basename(folder) };
    return { repository: list, root, name, renamed, layout: 'folder', folder, entries, choice };
  } catch (error) {
    return { name, reason: `base_path ${folder} ${describeFileError(error)}` };
  }
}
