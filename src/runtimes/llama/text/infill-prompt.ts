import { MillraceError } from '../../../core/index.js';
import type { TokenizeOptions, Weights } from '../library/weights.js';

export interface Gap {
  readonly before: string;
  readonly suffix: string;
  readonly read: TokenizeOptions;
}

/** The prompt for what is missing between two texts. Throws `unimplemented` where the model has not learnt that. */
export function infillPrompt(weights: Weights, { before, suffix, read }: Gap): Int32Array {
  const { infillTokens } = weights;
  if (infillTokens === undefined) {
    throw new MillraceError('unimplemented', "parameter 'suffix': the model has no tokens for what is to be filled in");
  }
  const within = { ...read, addSpecial: false };
  return Int32Array.of(
    // What a text of this model begins with.
    ...(read.addSpecial ? weights.tokenize('', read) : []),
    infillTokens.prefix,
    ...weights.tokenize(before, within),
    infillTokens.suffix,
    ...weights.tokenize(suffix, within),
    infillTokens.middle,
  );
}
