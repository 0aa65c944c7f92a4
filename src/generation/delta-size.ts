import type { GenerationDelta, TokenLogprob } from '../core/index.js';

/** What a number, or an object of a few members, takes in memory, about. */
const NUMBER_BYTES = 8;
const OBJECT_BYTES = 64;

/** Bytes that a delta holds besides its text, about. */
export function sizeOfDelta(delta: GenerationDelta): number {
  const {
    reasoning = '',
    toolCalls = [],
    logprobs = [],
    promptLogprobs = [],
    tokenIds = [],
    promptTokenIds = [],
  } = delta;
  let sizeBytes = 2 * reasoning.length + NUMBER_BYTES * (tokenIds.length + promptTokenIds.length);
  for (const call of toolCalls) sizeBytes += OBJECT_BYTES + 2 * call.arguments.length;
  for (const token of logprobs) sizeBytes += sizeOfToken(token);
  for (const token of promptLogprobs) sizeBytes += sizeOfToken(token);
  return sizeBytes;
}

function sizeOfToken({ bytes, topLogprobs }: TokenLogprob): number {
  return OBJECT_BYTES * (1 + topLogprobs.length) + NUMBER_BYTES * bytes.length * (1 + topLogprobs.length);
}
