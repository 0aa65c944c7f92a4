import type { Weights } from '../library/weights.js';

/** What is told of a token where probabilities were asked for. */
export interface TokenReport {
  readonly token: string;
  readonly id: number;
  /** null = the first of a prompt, which follows nothing. */
  readonly logprob: number | null;
  readonly bytes: readonly number[];
  readonly top_logprobs: readonly Omit<TokenReport, 'top_logprobs'>[];
}

export function describeToken(
  weights: Pick<Weights, 'pieceOf'>,
  id: number,
  logprob: number | null,
): Omit<TokenReport, 'top_logprobs'> {
  return describeBytes(weights.pieceOf(id, true), id, logprob);
}

export function describeBytes(
  bytes: Uint8Array,
  id: number,
  logprob: number | null,
): Omit<TokenReport, 'top_logprobs'> {
  return { token: Buffer.from(bytes).toString(), id, logprob, bytes: Array.from(bytes) };
}
