import { expect, it } from 'vitest';
import type { EmbeddingSpec, Parameters } from '../core/index.js';
import { readPoolingParameters, writePoolingParameters } from './parameters.js';

const EMBED: EmbeddingSpec = {
  maxInputTokens: 8,
  vocabularySize: 10,
  dimensions: 384,
  pooling: 'mean',
  prompts: ['query'],
  tokenVectors: false,
};

it('reads what was written', () => {
  const embedding = {
    truncate: true,
    truncationDirection: 'left',
    addSpecialTokens: false,
    promptName: 'query',
    inputType: 'document',
    normalize: false,
    dimensions: 384,
  } as const;
  expect(readPoolingParameters(writePoolingParameters(embedding), EMBED)).toEqual(embedding);
  expect(readPoolingParameters(writePoolingParameters({ rawScores: true }), undefined)).toEqual({ rawScores: true });
});

it.each<[Parameters, EmbeddingSpec | undefined, string]>([
  [{ dimensions: 385 }, EMBED, "parameter 'dimensions': expected an integer from 1 to 384, got 385"],
  [{ dimensions: 0 }, EMBED, "parameter 'dimensions': expected an integer from 1 to 384, got 0"],
  [{ prompt_name: 'x' }, EMBED, `parameter 'prompt_name': expected one of query, got "x"`],
  [
    { prompt_name: 'x' },
    { ...EMBED, prompts: [] },
    "parameter 'prompt_name': expected to be left out, as there is none",
  ],
  [{ pooling: 'none' }, EMBED, "parameter 'pooling': expected to be left out, as there is none"],
  [{ truncation_direction: 'up' }, EMBED, `parameter 'truncation_direction': expected one of left, right, got "up"`],
  [
    { normalize: true },
    undefined,
    "parameter 'normalize' is not known; expected truncate, truncation_direction, add_special_tokens, only, skip_special_tokens, raw_scores",
  ],
])('refuses %j with %j', (parameters, embed, message) => {
  expect(() => readPoolingParameters(parameters, embed)).toThrow(message);
});
