import type { TObject } from '@sinclair/typebox';
import type { RuntimeManifest } from '../runtimes/index.js';
import { createModelConfigSchema } from './model-config.js';
import { ModelFiles } from './model-files.js';

/** The runtimes of a server, and what follows from all of them together. */
export interface RuntimeCatalog {
  readonly runtimes: readonly RuntimeManifest[];
  /** Of `model.yaml`. */
  readonly schema: TObject;
  readonly files: ModelFiles;
}

export function createCatalog(runtimes: readonly RuntimeManifest[]): RuntimeCatalog {
  return { runtimes, schema: createModelConfigSchema(runtimes), files: new ModelFiles(runtimes) };
}
