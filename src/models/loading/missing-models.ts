import { composingModels, type ModelSource } from '../../repository/index.js';

/** Names of models that ensembles are made of and that are not among `names`. */
export function missingModels(ensembles: readonly ModelSource[], names: readonly string[]): readonly string[] {
  return [...new Set(ensembles.flatMap(composingModels))].filter((name) => !names.includes(name));
}
