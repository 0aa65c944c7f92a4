import { invalidArgument } from '../core/index.js';
import type { RuntimeCatalog } from './catalog.js';
import { modelNameProblem } from './names.js';
import { parseConfigOverride } from './parse-config.js';
import type { ReadConfig } from './read-config.js';
import type { ScanOptions } from './types.js';

/** What a load request brings along. */
export interface Override {
  readonly name: string;
  readonly config: string;
  readonly files: ReadonlyMap<string, Uint8Array> | undefined;
}

/** The override in the options of a scan; undefined when there is none. Throws `invalid_argument` for a partial one. */
export function overrideOf({ name, configOverride, fileOverrides }: ScanOptions): Override | undefined {
  const files = fileOverrides?.size === 0 ? undefined : fileOverrides;
  if (configOverride === undefined && files === undefined) return undefined;
  if (name === undefined) throw invalidArgument('a configuration or files can be given for one model only; name it');
  const problem = modelNameProblem(name);
  if (problem !== undefined) throw invalidArgument(`the model's name ${problem}`);
  if (configOverride === undefined) {
    throw invalidArgument(`files were given for model '${name}' without a configuration; give 'config' as well`);
  }
  return { name, config: configOverride, files };
}

/** Reads the configuration that came with a load request. Throws `invalid_argument` saying what is wrong with it. */
export async function readOverrideConfig({ name, config }: Override, catalog: RuntimeCatalog): Promise<ReadConfig> {
  const parsed = await parseConfigOverride(config, catalog).catch((error: Error) => {
    throw invalidArgument(`configuration given for model '${name}': ${error.message}`);
  });
  return { ...parsed, file: undefined, text: config };
}
