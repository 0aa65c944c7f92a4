import { type GenerationParameters, hashText } from '../../../core/index.js';

/** 2^32 divided by the golden ratio. It is odd, so that no two of its first 2^32 multiples are equal modulo 2^32. */
const STEP = 0x9e37_79b1;
/** Beyond the indices of choices. */
const RETRY = 0x7fff_ffff;

/**
 * The seed of a choice for a prompt, by its index among the choices for that prompt: the request's seed for the first one, 32 bits
 * derived from it for the others, all of which differ. The same in every release, so that a seed keeps its answers.
 */
export function seedOfChoice(seed: number, index: number): number {
  // The seed is hashed, so that the choices of the next seed are not those of this one, shifted.
  return index === 0 ? seed : (hashText(String(seed)).low + Math.imul(index, STEP)) >>> 0;
}

/** The parameters of a choice: those of the request, with its own seed where the request has one. */
export function parametersOfChoice(parameters: GenerationParameters, index: number): GenerationParameters {
  const { seed } = parameters;
  return seed !== undefined ? { ...parameters, seed: seedOfChoice(seed, index) } : parameters;
}

/** Parameters for a retry: a different seed, and temperature 1 instead of 0, so that the answer can differ. */
export function parametersOfRetry({ seed, temperature, ...others }: GenerationParameters): GenerationParameters {
  return {
    ...others,
    ...(seed === undefined ? {} : { seed: seedOfChoice(seed, RETRY) }),
    ...(temperature === undefined ? {} : { temperature: temperature === 0 ? 1 : temperature }),
  };
}
