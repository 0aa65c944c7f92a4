/** Room `files` (rank 6): files of callers: uploads, whole and in parts, within bounds; what batches read and write. */

export { FileTooLarge, UnknownFile } from './errors.js';
export { Files, type FilesSetup } from './files.js';
export { newId } from './ids.js';
export { type FilesOptions, FilesOptionsSchema } from './options.js';
export type {
  CompletedParts,
  FileContent,
  FileDetails,
  FileGauges,
  FileInfo,
  FileListing,
  FilePageInfo,
  FileUseCases,
  PartInfo,
  UploadDetails,
  UploadInfo,
} from './types.js';
export { createFileUseCases } from './use-cases.js';
