import { expect, it } from 'vitest';
import type { GgufValue } from '../gguf-header.js';
import { samplingOfFile } from './defaults.js';

function read(entries: Readonly<Record<string, GgufValue>>) {
  const reported: string[] = [];
  const values = new Map(Object.entries(entries).map(([key, value]) => [`general.sampling.${key}`, value]));
  const sampling = samplingOfFile({ values, tensors: new Set() }, (message) => reported.push(message));
  return { sampling, reported };
}

it('reads the defaults of a file by the names of llama.cpp, as they were written', () => {
  expect(
    read({
      temp: Math.fround(0.7),
      top_p: Math.fround(0.8),
      top_k: 20,
      min_p: 0,
      penalty_repeat: Math.fround(1.05),
      mirostat: 2,
    }),
  ).toEqual({
    sampling: { temperature: 0.7, topP: 0.8, topK: 20, minP: 0, repetitionPenalty: 1.05 },
    reported: [],
  });
});

it('a file without defaults has none', () => {
  expect(read({})).toEqual({ sampling: {}, reported: [] });
});

it('leaves out and reports what is out of range', () => {
  expect(read({ temp: 5, top_k: 1.5, top_p: 'much', min_p: Number.NaN, penalty_repeat: 1.5 })).toEqual({
    sampling: { repetitionPenalty: 1.5 },
    reported: [
      "the file's general.sampling.temp has no effect: expected 0 to 2, got 5",
      "the file's general.sampling.top_p has no effect: expected 0 to 1, got NaN",
      "the file's general.sampling.top_k has no effect: expected -1 to 2147483647, got 1.5",
      "the file's general.sampling.min_p has no effect: expected 0 to 1, got NaN",
    ],
  });
});
