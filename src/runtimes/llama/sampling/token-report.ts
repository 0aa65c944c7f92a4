import type { TokenLogprob } from '../../../core/index.js';
import type { Weights } from '../library/weights.js';

export function describeToken(
  weights: Pick<Weights, 'pieceOf'>,
  id: number,
  logprob: number | null,
): Omit<TokenLogprob, 'topLogprobs'> {
  return describeBytes(weights.pieceOf(id, true), id, logprob);
}

export function describeBytes(
  bytes: Uint8Array,
  id: number,
  logprob: number | null,
): Omit<TokenLogprob, 'topLogprobs'> {
  return { token: Buffer.from(bytes).toString(), id, logprob, bytes: Array.from(bytes) };
}
