import { afterEach, describe, expect, it } from 'vitest';
import type { FolderContents } from '../../../test/support/model-folder.js';
import { buildSafetensors } from '../../../test/support/safetensors.js';
import { DIMENSIONS, idOf, staticModelFiles, vectorOf } from '../../../test/support/text-model.js';
import {
  closeTo,
  floats,
  loadFiles,
  mean,
  prepare,
  removeTextModels,
  run,
  texts,
  unit,
} from '../../../test/support/text-runtime.js';

afterEach(removeTextModels);

describe('a model of vectors without a graph', () => {
  const lookUp = (files: FolderContents = {}, options: Record<string, unknown> = {}) =>
    loadFiles(staticModelFiles(files), options);
  const vectorsOf = (text: string) => [...text].map((letter) => vectorOf(idOf(letter)));

  it('gives the mean of the vectors of the words that it knows, of length 1', async () => {
    const loaded = await lookUp();
    expect(loaded.model.description.tasks).toEqual({
      embed: {
        dimensions: DIMENSIONS,
        maxInputTokens: 512,
        vocabularySize: 30,
        pooling: 'mean',
        prompts: [],
        tokenVectors: true,
      },
    });
    const rows = await run(loaded, texts('a b', 'z ?', '? ?', ' '));
    expect(rows.map(([vector]) => floats(vector))).toEqual([
      closeTo(unit(mean(vectorsOf('ab')))),
      closeTo(unit(vectorOf(idOf('z')))),
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    const [[bare] = []] = await run(loaded, texts('a b'), { normalize: false, dimensions: 2 });
    expect(floats(bare)).toEqual(closeTo(mean(vectorsOf('ab')).slice(0, 2)));
    const unpooled = await run(loaded, texts('a b', '?'), { pooling: 'none', normalize: false });
    expect(unpooled.map(([vectors]) => [vectors?.shape, floats(vectors)])).toEqual([
      [[2, DIMENSIONS], closeTo(vectorsOf('ab').flat())],
      [[0, DIMENSIONS], []],
    ]);
  });

  it("reads sentence-transformers' files, in which unknown words count and nothing is scaled unless a module says so", async () => {
    const half = new Uint8Array(30 * 2 * 2).fill(0x3c);
    const tensor = { dtype: 'F16', shape: [30, 2], data: half } as const;
    const files = {
      'config.json': '{}',
      'modules.json': '[{"type":"sentence_transformers.models.StaticEmbedding","path":"."}]',
      'model.safetensors': buildSafetensors({ 'embedding.weight': tensor }),
    };
    const loaded = await lookUp(files);
    const [[vector] = []] = await run(loaded, texts('a ?'));
    // 0x3c3c is 1 + 60 / 1,024.
    expect(floats(vector)).toEqual([1.05859375, 1.05859375]);
    const [prepared] = await prepare(loaded, texts('a ? b'));
    expect(prepared?.cost).toBe(3);
  });

  it('reads a quantised vocabulary, and weights of words', async () => {
    const mapping = Array(30).fill(0).with(idOf('b'), 1);
    const weights = Array(30).fill(1).with(idOf('b'), 0.5);
    const loaded = await lookUp({ 'model.safetensors': quantised(mapping, weights) });
    const rows = await run(loaded, texts('a', 'b', 'a b'), { normalize: false });
    expect(rows.map(([vector]) => floats(vector))).toEqual([
      [1, 2],
      [1.5, 2],
      [1.25, 2],
    ]);
  });

  it.each<[string, FolderContents, Record<string, unknown>, string]>([
    [
      'of fewer words than the tokenizer',
      { 'model.safetensors': vectorsFile([20, 4]) },
      {},
      'tokenizer.json has 30 tokens, but the model only 20 (vectors of model.safetensors): they are not of one model',
    ],
    [
      'of one dimension',
      { 'model.safetensors': vectorsFile([120]) },
      {},
      'model.safetensors: expected vectors of shape [words, dimensions], got [120]',
    ],
    [
      'under another name',
      { 'model.safetensors': buildSafetensors({}) },
      {},
      "model.safetensors has no tensor 'embeddings' or 'embedding.weight'",
    ],
    [
      'of which words have none',
      { 'model.safetensors': quantised(Array(30).fill(0).with(7, 2), Array(30).fill(1)) },
      {},
      'model.safetensors: word 7 has no vector or no weight',
    ],
    [
      'of whole numbers',
      {
        'model.safetensors': buildSafetensors({ embeddings: { dtype: 'I8', shape: [0, 4], data: new Uint8Array() } }),
      },
      {},
      "model.safetensors: tensor 'embeddings' is of type I8; expected F64, F32, F16, BF16, I64, I32",
    ],
    [
      'that are cut',
      { 'model.safetensors': vectorsFile([30, 4]).subarray(0, 200) },
      {},
      "'model.safetensors' is not a readable safetensors file: it is broken or incomplete",
    ],
    [
      'that are none',
      { 'model.safetensors': 'not a file of this kind' },
      {},
      "'model.safetensors' is not a readable safetensors file: it is broken or incomplete",
    ],
    ['that classify', {}, { task: 'classify' }, "text.task: a model of model.safetensors embeds, got 'classify'"],
    [
      'of the first word',
      {},
      { pooling: 'cls' },
      "text.pooling: the vector of a text is the mean of those of its words, got 'cls'",
    ],
    [
      'with a module behind them',
      { 'modules.json': '[{"type":"x.StaticEmbedding"},{"type":"x.Dense"}]' },
      {},
      "modules.json has the module 'Dense', which is not run",
    ],
  ])('refuses vectors %s', async (_what, files, options, message) => {
    await expect(lookUp(files, options)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(message) as string,
    });
  });
});

/** Two vectors, and which of them each word has, with its weight. */
function quantised(mapping: readonly number[], weights: readonly number[]): Uint8Array {
  const bytes = ({ buffer }: { readonly buffer: ArrayBuffer }) => new Uint8Array(buffer);
  return buildSafetensors({
    embeddings: { dtype: 'F32', shape: [2, 2], data: bytes(Float32Array.of(1, 2, 3, 4)) },
    mapping: { dtype: 'I64', shape: [30], data: bytes(BigInt64Array.from(mapping, BigInt)) },
    weights: { dtype: 'F64', shape: [30], data: bytes(Float64Array.from(weights)) },
  });
}

function vectorsFile(shape: readonly number[]): Uint8Array {
  const size = shape.reduce((product, each) => product * each, 4);
  return buildSafetensors({ embeddings: { dtype: 'F32', shape, data: new Uint8Array(size) } });
}
