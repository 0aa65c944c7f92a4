import { readFileSync } from 'node:fs';
import { TINY_MODEL } from '../../support/llama-model.js';
import type { FolderContents } from '../../support/model-folder.js';

/** A language model with fewer slots than it has attackers. */
export const TEXT_MODEL = 'kjv';
/** Says who has said what, and nothing of tools. */
const TEMPLATE = '{% for message in messages %}{{ message.role }} said, {{ message.content }} {% endfor %}';

/** Its text does not depend on what is generated beside it. */
export function textModel(): FolderContents {
  return {
    [`${TEXT_MODEL}/model.yaml`]: `llama: { contextTokens: 512, slots: 2, threads: 1, deterministic: true, chatTemplate: "${TEMPLATE}" }\n`,
    [`${TEXT_MODEL}/1/model.gguf`]: readFileSync(TINY_MODEL),
  };
}
