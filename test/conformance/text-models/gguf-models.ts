import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ENCODER_CONTEXT, ggufEncoder } from '../../support/gguf-encoder.js';
import { inRoot } from '../harness/paths.js';

const TINY_TOKENS = 256;

/** A GGUF file, and how llama.cpp's own server is to pool and to how many tokens. */
export interface GgufModel {
  readonly name: string;
  readonly pooling: string;
  readonly tokens: number;
}

/** Writes a small language model that embeds, and an embedder and a reranker with random weights. */
export function writeGgufModels(folder: string): readonly GgufModel[] {
  const fileOf = (name: string) => {
    mkdirSync(path.join(folder, name, '1'), { recursive: true });
    return path.join(folder, name, '1/model.gguf');
  };
  copyFileSync(inRoot('test/fixtures/models/tiny-kjv.gguf'), fileOf('gguf-tiny'));
  const config = `llama: { pooling: mean, contextTokens: ${TINY_TOKENS} }\n`;
  writeFileSync(path.join(folder, 'gguf-tiny/model.yaml'), config);
  writeFileSync(fileOf('gguf-encoder'), ggufEncoder({ pooling: 2 }));
  writeFileSync(fileOf('gguf-rank'), ggufEncoder({ pooling: 4 }));
  return [
    { name: 'gguf-tiny', pooling: 'mean', tokens: TINY_TOKENS },
    { name: 'gguf-encoder', pooling: 'cls', tokens: ENCODER_CONTEXT },
    { name: 'gguf-rank', pooling: 'rank', tokens: ENCODER_CONTEXT },
  ];
}
