import type { TokenLogprob } from '../../../core/index.js';
import type { Weights } from '../library/weights.js';

/** The most probable token. */
export function mostProbable(logits: Float32Array): number {
  let best = 0;
  let highest = logits[0] as number;
  for (let token = 1; token < logits.length; token++) {
    const logit = logits[token] as number;
    if (logit > highest) {
      highest = logit;
      best = token;
    }
  }
  return best;
}

/** The logarithm of the sum of all exponentials: what logits are less by to be logarithms of probabilities. */
export function logSumExp(logits: Float32Array): number {
  const highest = logits[mostProbable(logits)] as number;
  let sum = 0;
  for (let token = 0; token < logits.length; token++) sum += Math.exp((logits[token] as number) - highest);
  return highest + Math.log(sum);
}

/** The `count` most probable tokens, in that order; of equally probable ones the first. */
export function topTokens(logits: Float32Array, count: number): readonly number[] {
  const top: number[] = [];
  if (count === 0) return top;
  let least = Number.NEGATIVE_INFINITY;
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token] as number;
    if (top.length === count && !(logit > least)) continue;
    let place = top.length === count ? count - 1 : top.length;
    while (place > 0 && (logits[top[place - 1] as number] as number) < logit) {
      top[place] = top[place - 1] as number;
      place--;
    }
    top[place] = token;
    if (top.length === count) least = logits[top[count - 1] as number] as number;
  }
  return top;
}

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
