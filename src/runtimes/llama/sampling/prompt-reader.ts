import type { TokenLogprob } from '../../../core/index.js';
import type { Weights } from '../library/weights.js';
import { describeBytes, describeToken, logSumExp, topTokens } from './logprobs.js';

export interface PromptToRead {
  readonly tokens: Int32Array;
  /** What the tokens were made of. */
  readonly text: string;
  /** Alternatives of each token that are told. */
  readonly count: number;
  readonly weights: Pick<Weights, 'pieceOf'>;
}

/** Tells how probable the tokens of a prompt are, in the order of the prompt. */
export class PromptReader {
  readonly #prompt: PromptToRead;
  /** Tokens of which it has been told. */
  #told = 0;
  #textBegun = false;

  constructor(prompt: PromptToRead) {
    this.#prompt = prompt;
  }

  /** `logits`: of consecutive tokens, the first at `from`. What was told already is left out: a prompt may be evaluated again. */
  read(from: number, logits: readonly Float32Array[]): readonly TokenLogprob[] {
    const { tokens } = this.#prompt;
    const reports: TokenLogprob[] = [];
    if (this.#told === 0) {
      reports.push({ ...this.#describe(tokens[0] as number, null), topLogprobs: [] });
      this.#told = 1;
    }
    for (const [offset, each] of logits.entries()) {
      // They tell of the token behind their own.
      const position = from + offset + 1;
      if (position !== this.#told || position === tokens.length) continue;
      reports.push(this.#report(tokens[position] as number, each));
      this.#told++;
    }
    return reports;
  }

  #report(token: number, logits: Float32Array): TokenLogprob {
    const { weights, count } = this.#prompt;
    const sum = logSumExp(logits);
    const logprobOf = (each: number) => (logits[each] as number) - sum;
    const top = topTokens(logits, count).map((each) => describeToken(weights, each, logprobOf(each)));
    return { ...this.#describe(token, logprobOf(token)), topLogprobs: top };
  }

  /** Until the text has begun, what the tokenizer has put before it is no part of a token. */
  #describe(token: number, logprob: number | null): Omit<TokenLogprob, 'topLogprobs'> {
    const { weights, text } = this.#prompt;
    const bytes = weights.pieceOf(token, true);
    if (this.#textBegun) return describeBytes(bytes, token, logprob);
    const piece = Buffer.from(bytes).toString();
    const begun = [0, 1].find((at) => (at === 0 || piece.startsWith(' ')) && beginsWith(text, piece.slice(at)));
    this.#textBegun = begun !== undefined;
    return describeBytes(bytes.subarray(begun ?? bytes.length), token, logprob);
  }
}

/** Half a character counts, as the rest comes with the next token. */
function beginsWith(text: string, piece: string): boolean {
  return text.startsWith(piece) || piece.endsWith('\ufffd');
}
