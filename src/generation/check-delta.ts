import { type GenerationDelta, MillraceError, type TokenLogprob } from '../core/index.js';
import { DELTA_LISTS } from './join-deltas.js';

/** Throws `internal` for a delta of a runtime that is not of its type: it is counted, joined and encoded. */
export function checkDelta(delta: GenerationDelta): void {
  if (typeof delta.text !== 'string') throw wrong('text', 'a string');
  if (delta.reasoning !== undefined && typeof delta.reasoning !== 'string') throw wrong('reasoning', 'a string');
  if (delta.stopSequence !== undefined && typeof delta.stopSequence !== 'string')
    throw wrong('stopSequence', 'a string');
  for (const name of DELTA_LISTS)
    if (delta[name] !== undefined && !Array.isArray(delta[name])) throw wrong(name, 'a list');
  for (const { index, arguments: piece } of delta.toolCalls ?? []) {
    if (!Number.isSafeInteger(index) || index < 0) throw wrong('toolCalls[].index', 'an integer from 0 on');
    if (typeof piece !== 'string') throw wrong('toolCalls[].arguments', 'a string');
  }
  for (const name of ['logprobs', 'promptLogprobs'] as const) {
    if (!(delta[name] ?? []).every(isLogprob)) throw wrong(`${name}[]`, 'a token with bytes and topLogprobs');
  }
}

function isLogprob({ token, bytes, topLogprobs }: TokenLogprob): boolean {
  return typeof token === 'string' && Array.isArray(bytes) && Array.isArray(topLogprobs);
}

function wrong(member: string, expected: string): MillraceError {
  return new MillraceError('internal', `the model's answer is wrong: delta.${member}: expected ${expected}`);
}
