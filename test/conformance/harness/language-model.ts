import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from './paths.js';

/** A repository in the folder with the small language model, `kjv`; gives its path. */
export function placeLanguageModel(folder: string, contextTokens: number): string {
  const models = path.join(folder, 'models');
  mkdirSync(path.join(models, 'kjv/1'), { recursive: true });
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), path.join(models, 'kjv/1/model.gguf'));
  writeFileSync(
    path.join(models, 'kjv/model.yaml'),
    `llama: { contextTokens: ${contextTokens}, slots: 4, deterministic: true }\n`,
  );
  return models;
}

/** The key of this name in such a server. */
export const keyOf = (name: string): string => `key-of-${name}-0123456789`;
