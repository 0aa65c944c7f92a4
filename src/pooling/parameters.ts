import { type ModelTasks, ParameterReader, type Parameters, withoutUndefined } from '../core/index.js';

/** How texts are read, and how the answer is given. */
export interface PoolingParameters {
  /** Read as many tokens of a text that is too long as the model can. Default: refuse it. */
  readonly truncate?: boolean;
  /** Which end of it is left out. Default: right. */
  readonly truncationDirection?: (typeof TRUNCATION_DIRECTIONS)[number];
  /** Put no special tokens around a text. Default: put them. */
  readonly addSpecialTokens?: boolean;
  /** The prompt that is put before each text, by its name. Default: the model's default prompt, if it has one. */
  readonly promptName?: string;
  /** Whether the texts are queries or documents: the prompt for those, where the model has one. Default: neither. */
  readonly inputType?: (typeof INPUT_TYPES)[number];
  /** Scale vectors to length 1. Default: as the model says. */
  readonly normalize?: boolean;
  /** Leading elements of each vector. Default: all. */
  readonly dimensions?: number;
  /** `none`: the vectors of all tokens. Default: as the model says. */
  readonly pooling?: 'none';
  /** Scores as the model gives them. Default: from 0 to 1. */
  readonly rawScores?: boolean;
  /** Answer with the tokens of the texts, or with the text of the token ids, and nothing else. Default: neither. */
  readonly only?: (typeof ONLY)[number];
  /** Leave special tokens out of the text of token ids. Default: leave them out. */
  readonly skipSpecialTokens?: boolean;
}

export const TRUNCATION_DIRECTIONS = ['left', 'right'] as const;
const ONLY = ['tokens', 'text'] as const;
export const INPUT_TYPES = ['query', 'document'] as const;

/** Parameters under their names on the wire. */
export function writePoolingParameters(parameters: PoolingParameters): Parameters {
  return withoutUndefined({
    truncate: parameters.truncate,
    truncation_direction: parameters.truncationDirection,
    add_special_tokens: parameters.addSpecialTokens,
    prompt_name: parameters.promptName,
    input_type: parameters.inputType,
    normalize: parameters.normalize,
    dimensions: parameters.dimensions,
    pooling: parameters.pooling,
    raw_scores: parameters.rawScores,
    only: parameters.only,
    skip_special_tokens: parameters.skipSpecialTokens,
  }) as Parameters;
}

/**
 * Reads the parameters of a request to a model with a task. Throws `invalid_argument` naming the parameter, what was expected
 * and what came, also for one that the model has no use for.
 */
export function readPoolingParameters(parameters: Parameters, tasks: ModelTasks): PoolingParameters {
  const reader = new ParameterReader(parameters);
  const read = {
    truncate: reader.boolean('truncate'),
    truncationDirection: reader.choice('truncation_direction', TRUNCATION_DIRECTIONS),
    addSpecialTokens: reader.boolean('add_special_tokens'),
    only: reader.choice('only', ONLY),
    skipSpecialTokens: reader.boolean('skip_special_tokens'),
  };
  const rest = readAnswerParameters(reader, tasks);
  reader.end();
  return withoutUndefined<PoolingParameters>({ ...read, ...rest });
}

/** Those that only models with the task have a use for. */
function readAnswerParameters(reader: ParameterReader, { embed, sparse }: ModelTasks) {
  const prompts = embed?.prompts ?? sparse?.prompts;
  if (prompts === undefined) return { rawScores: reader.boolean('raw_scores') };
  const prompt = {
    promptName: reader.choice('prompt_name', prompts),
    inputType: reader.choice('input_type', INPUT_TYPES),
  };
  if (embed === undefined) return prompt;
  return {
    ...prompt,
    normalize: reader.boolean('normalize'),
    dimensions: reader.integer('dimensions', { least: 1, most: embed.dimensions }),
    pooling: reader.choice('pooling', embed.tokenVectors ? NONE : []),
  };
}

const NONE = ['none'] as const;
