import { MillraceError } from '../../../core/index.js';
import type { InfillTokens, TokenizeOptions } from '../library/vocabulary.js';

/** By what it is tokenised. */
interface Vocabulary {
  readonly infillTokens: InfillTokens | undefined;
  tokenize(text: string, options: TokenizeOptions): Int32Array;
}

export interface Gap {
  readonly before: string;
  readonly suffix: string;
  readonly read: TokenizeOptions;
}

/** The prompt for what is missing between two texts. Throws `unimplemented` where the model has not learnt that. */
export function infillPrompt(vocabulary: Vocabulary, { before, suffix, read }: Gap): Int32Array {
  const { infillTokens } = vocabulary;
  if (infillTokens === undefined) {
    const message = "parameter 'suffix': the model has no tokens for what is to be filled in";
    throw new MillraceError('unimplemented', message, { subject: { parameter: 'suffix' } });
  }
  const within = { ...read, addSpecial: false };
  // What a text of this model begins with.
  const begin = read.addSpecial ? vocabulary.tokenize('', read) : [];
  const head = vocabulary.tokenize(before, within);
  const tail = vocabulary.tokenize(suffix, within);
  const parts = [begin, [infillTokens.prefix], head, [infillTokens.suffix], tail, [infillTokens.middle]];
  const prompt = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const part of parts) {
    prompt.set(part, place);
    place += part.length;
  }
  return prompt;
}
