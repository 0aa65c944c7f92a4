/** Room `models` (rank 5): which models and versions there are: found, loaded, named, reported. */
export type { KeptRepository } from './loading/kept-repositories.js';
export type { FormatUnknownModel, UnknownModel } from './lookup/absence.js';
export {
  findNamed,
  findVersion,
  type NamedVersion,
  targetOf,
  UnknownLabelError,
  type VersionLookup,
} from './lookup/find-version.js';
export { isModelReady } from './lookup/model-ready.js';
export { absent, admitToModel, type SeenLookup } from './lookup/seen-lookup.js';
export { tell, tellOfArms } from './lookup/tell.js';
export { versionDifference } from './lookup/version-difference.js';
export { STABLE, type VersionLabels } from './lookup/version-labels.js';
export { type DecodedRequest, decodeInputs, hasMedia, UndecodedInputError } from './media/decode-inputs.js';
export type { MediaDecoders } from './media/decoders.js';
export { MediaOptionsSchema } from './media/options.js';
export { runWindows } from './media/run-windows.js';
export { Models, type ModelsSetup } from './models.js';
export type {
  LoadModelOptions,
  ModelReport,
  ModelUseCases,
  ModelVersionReport,
  ServedModel,
  VersionReport,
} from './types.js';
