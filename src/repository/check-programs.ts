import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ModelReading } from './read-model.js';
import type { ModelSource } from './types.js';

/**
 * Why a configuration that came with a load request cannot be used: a version would run a program that the model's own files do not
 * make it run, or with other parameters. undefined = no program is concerned. `own`: the model by its own files, if they can be read.
 */
export function programProblem(sources: readonly ModelSource[], own: ModelReading | undefined): string | undefined {
  for (const { manifest, version, path: program, config } of sources) {
    if (manifest.files?.code !== true) continue;
    const noun = manifest.files.noun ?? manifest.name;
    const chosen = own?.versions.find((reading) => reading.version === version)?.model;
    if (chosen === undefined || !('path' in chosen) || chosen.path !== program || chosen.runtime !== manifest) {
      return `version ${version} would run the ${noun} '${path.basename(program)}', which can be chosen in the model's own files only`;
    }
    const { parameters } = config;
    if (parameters !== undefined && !isDeepStrictEqual(parameters, own?.config.parameters ?? {})) {
      return `parameters of a ${noun} can be set in the model's own files only`;
    }
  }
  return undefined;
}
