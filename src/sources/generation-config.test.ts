import { expect, it } from 'vitest';
import { generationConfigOf, samplingOfConfig } from './generation-config.js';

const files = (...paths: readonly string[]) => paths.map((path) => ({ path, sizeBytes: 10 }));

it.each([
  ['model.gguf', ['generation_config.json', 'model.gguf'], 'generation_config.json'],
  ['a/b/net.gguf', ['generation_config.json', 'a/generation_config.json'], 'a/generation_config.json'],
  ['a/b/net.gguf', ['generation_config.json', 'a/c/generation_config.json'], 'generation_config.json'],
  ['a/net.gguf', ['a/b/generation_config.json', 'b/generation_config.json'], undefined],
  ['net.gguf', ['my_generation_config.json'], undefined],
])('for %s among %j it is %s', (model, paths, expected) => {
  expect(generationConfigOf(model, files(...paths))?.path).toBe(expected);
});

it('one that is too large is none', () => {
  const path = 'generation_config.json';
  expect(generationConfigOf('net.gguf', [{ path, sizeBytes: 65_537 }])).toBeUndefined();
  expect(generationConfigOf('net.gguf', [{ path, sizeBytes: 65_536 }])?.path).toBe(path);
});

it.each([
  ['{"do_sample":true,"temperature":0.6,"top_k":20,"top_p":0.95}', { temperature: 0.6, topK: 20, topP: 0.95 }],
  ['{"repetition_penalty":1.1,"min_p":0.05,"eos_token_id":2}', { repetitionPenalty: 1.1, minP: 0.05 }],
  ['{"temperature":3,"top_k":1.5,"top_p":"0.9","min_p":null,"repetition_penalty":0}', {}],
  ['{"temperature":', {}],
  ['[0.6]', {}],
  ['null', {}],
])('reads %s', (text, expected) => {
  expect(samplingOfConfig(text)).toEqual(expected);
});
