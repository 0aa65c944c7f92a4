import { expect, it } from 'vitest';
import type { EmbeddingSpec, ModelTasks, Parameters } from '../core/index.js';
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
  expect(readPoolingParameters(writePoolingParameters(embedding), { embed: EMBED })).toEqual(embedding);
  expect(readPoolingParameters(writePoolingParameters({ rawScores: true }), {})).toEqual({ rawScores: true });
});

it.each<[Parameters, ModelTasks, string]>([
  [{ dimensions: 385 }, { embed: EMBED }, "parameter 'dimensions': expected an integer from 1 to 384, got 385"],
  [{ dimensions: 0 }, { embed: EMBED }, "parameter 'dimensions': expected an integer from 1 to 384, got 0"],
  [{ prompt_name: 'x' }, { embed: EMBED }, `parameter 'prompt_name': expected one of query, got "x"`],
  [
    { prompt_name: 'x' },
    { embed: { ...EMBED, prompts: [] } },
    "parameter 'prompt_name': expected to be left out, as there is none",
  ],
  [{ pooling: 'none' }, { embed: EMBED }, "parameter 'pooling': expected to be left out, as there is none"],
  [
    { truncation_direction: 'up' },
    { embed: EMBED },
    `parameter 'truncation_direction': expected one of left, right, got "up"`,
  ],
  [
    { normalize: true },
    {},
    "parameter 'normalize' is not known; expected truncate, truncation_direction, add_special_tokens, only, skip_special_tokens, raw_scores",
  ],
  [
    { normalize: true },
    { sparse: { maxInputTokens: 8, vocabularySize: 10, prompts: ['query'] } },
    "parameter 'normalize' is not known; expected truncate, truncation_direction, add_special_tokens, only, skip_special_tokens, prompt_name, input_type",
  ],
])('refuses %j with %j', (parameters, tasks, message) => {
  expect(() => readPoolingParameters(parameters, tasks)).toThrow(message);
});
