import path from 'node:path';
import { KindGuard } from '@sinclair/typebox';
import { invalidArgument } from '../core/index.js';
import type { RuntimeManifest } from '../runtimes/index.js';
import { createCatalog, type RuntimeCatalog } from './catalog.js';
import { FileCache } from './file-cache.js';
import { findModels, type ModelLocation } from './find-models.js';
import { ModelFiles } from './model-files.js';
import { newModelNameProblem } from './names.js';
import { readConfig } from './read-config.js';

/** A model of a repository. */
export interface DeclaredModel {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** What its configuration says of where it comes from (`source`); undefined = nothing. */
  readonly source: string | undefined;
}

/**
 * The models of a repository that have a folder, by name, and their `source`; `only` one of them, or all. Rejects with
 * `invalid_argument` where a configuration cannot be read.
 */
export async function declaredModels(
  repository: string,
  runtimes: readonly RuntimeManifest[],
  only?: string,
): Promise<readonly DeclaredModel[]> {
  const catalog = createCatalog(runtimes);
  const { models } = await findModels(path.resolve(repository), catalog.files, only);
  const folders = models.filter(({ layout }) => layout !== 'file');
  return Promise.all(folders.map((location) => declaredModel(location, catalog)));
}

async function declaredModel(location: ModelLocation, catalog: RuntimeCatalog): Promise<DeclaredModel> {
  const { name, folder } = location;
  try {
    const { config } = await readConfig(location, { cache: new FileCache(), configName: '', catalog });
    return { name, folder, source: config.source };
  } catch (error) {
    throw invalidArgument((error as Error).message, { cause: error });
  }
}

/**
 * Which files are models by their ending alone, and how messages call them. Those that hold code are none: what comes from
 * elsewhere is not to run.
 */
export function dataFileNames(runtimes: readonly RuntimeManifest[]) {
  const files = new ModelFiles(runtimes.filter((runtime) => runtime.files?.code !== true));
  return {
    isModel: (fileName: string): boolean => files.modelName(fileName) !== undefined,
    expected: files.expected(undefined),
    /** The section of `model.yaml` with the sampling defaults of a model in such a file; undefined = its runtime has none. */
    samplingSection(fileName: string): string | undefined {
      const runtime = files.modelName(fileName) === undefined ? undefined : files.runtimeOf(fileName);
      return runtime !== undefined && takesSampling(runtime) ? runtime.name : undefined;
    },
  };
}

/** Whether the options of a runtime have sampling defaults: a map `sampling` with `temperature`. */
function takesSampling({ options }: RuntimeManifest): boolean {
  if (!KindGuard.IsObject(options)) return false;
  const { sampling } = options.properties;
  return KindGuard.IsObject(sampling) && 'temperature' in sampling.properties;
}

/** Throws `invalid_argument` where a model could not have this name. */
export function checkModelName(name: string): void {
  const problem = newModelNameProblem(name);
  if (problem !== undefined) throw invalidArgument(`the model's name '${name}' ${problem}; --name gives another`);
}
