import { cpSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './paths.js';

const MODELS = inRoot('test/conformance/triton/models');

/** Copies the models that Triton's exchanges are replayed on, all or those named, to a folder where they may be changed. */
export function copyTritonModels(folder: string, names: readonly string[] = readdirSync(MODELS)): string {
  for (const name of names) cpSync(path.join(MODELS, name), path.join(folder, name), { recursive: true });
  return folder;
}
