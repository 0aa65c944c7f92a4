/** Room `repository` (rank 3): finds models and versions, reads their configuration, brings it together with the file. */
export { checkFolders, type FolderProblem, listRepository } from './check-folders.js';
export * from './complete.js';
export * from './composing-models.js';
export type { ImageConfig } from './config/image-config.js';
export { type ResolvedSequenceBatching, resolveSequenceBatching } from './config/sequence-config.js';
export * from './declared.js';
export * from './diff-scan.js';
export { CONFIG_FILES } from './find-models.js';
export { createFolderRepository, type FolderRepositorySetup } from './folder-repository.js';
export * from './model-config.js';
export * from './options.js';
export * from './resolve.js';
export { loadRuntimes } from './runtimes/load-runtimes.js';
export { type Patience, scanSettled } from './settle.js';
export type { ProtoTable } from './triton/proto-file.js';
export { loadProtoFiles } from './triton/proto-files.js';
export { type DescribedModel, toTritonConfig } from './triton/to-triton.js';
export * from './types.js';
