import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FolderContents } from '../../support/model-folder.js';

const TINY = readFileSync(path.resolve(import.meta.dirname, '../../fixtures/models/tiny-kjv.gguf'));

const tensor = (name: string, datatype: string, shape: string) =>
  `{ name: ${name}, datatype: ${datatype}, shape: ${shape} }`;
const model = (tensors: string) =>
  `runtime: echo\nmaxBatchSize: 8\ninstances: { placement: inline }\ninputs: [${tensors}]\noutputs: [${tensors}]\n`;

/** Models that answer what they are asked: `floats` (x: FP32), `texts` (t: BYTES) and `pair` (a: FP32, b: INT64 of the shape). */
export function rowModels(shapeOfB = '[-1]'): FolderContents {
  return {
    'floats/1/': '',
    'floats/model.yaml': model(tensor('x', 'FP32', '[-1, 2]')),
    'pair/1/': '',
    'pair/model.yaml': model(`${tensor('a', 'FP32', '[-1, 2]')}, ${tensor('b', 'INT64', shapeOfB)}`),
    'texts/1/': '',
    'texts/model.yaml': model(tensor('t', 'BYTES', '[-1]')),
  };
}

/** A small language model in a process of its own. */
export const LANGUAGE_MODEL: FolderContents = {
  'kjv/1/model.gguf': TINY,
  'kjv/model.yaml':
    'llama: { contextTokens: 256, slots: 4, threads: 1, chatTemplate: "{{ messages[0].content }}" }\nqueue: { maxRequests: 64 }\n',
};

/** Everything may be loaded and unloaded by requests, and all is loaded. */
export const EXPLICIT = { controlMode: 'explicit', loadModels: ['*'] } as const;
