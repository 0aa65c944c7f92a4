import type { TokenLogprob } from '../../../core/index.js';
import type { Weights } from '../library/weights.js';
import { describeToken, logSumExp, topTokens } from './logprobs.js';
import type { GenerationOptions } from './options.js';
import { PromptReader } from './prompt-reader.js';

export interface ReportedText {
  readonly prompt: Int32Array;
  /** The prompt's text. */
  readonly text: string;
  readonly weights: Pick<Weights, 'pieceOf'>;
}

/** Log probabilities of a request's tokens, and of its prompt's, where it asks for them. */
export class LogprobReports {
  readonly #weights: Pick<Weights, 'pieceOf'>;
  /** Alternatives of each token; undefined = the request does not ask for log probabilities. */
  readonly #count: number | undefined;
  /** undefined = the request does not ask for those of the prompt. */
  readonly #promptReader: PromptReader | undefined;
  /** Of the token that is chosen next, before it is known. */
  #next: ((token: number) => TokenLogprob) | undefined;
  #ofPrompt: readonly TokenLogprob[] = [];
  /** Of tokens whose text is still held back. */
  #ofAnswer: TokenLogprob[] = [];

  constructor(
    options: Pick<GenerationOptions, 'logprobs' | 'promptLogprobs'>,
    { prompt, text, weights }: ReportedText,
  ) {
    this.#weights = weights;
    this.#count = options.logprobs;
    const { promptLogprobs: count } = options;
    if (count !== undefined) this.#promptReader = new PromptReader({ tokens: prompt, text, count, weights });
  }

  get readsPrompt(): boolean {
    return this.#promptReader !== undefined;
  }

  get isEmpty(): boolean {
    return this.#ofAnswer.length + this.#ofPrompt.length === 0;
  }

  /** As {@link PromptReader.read}. */
  readPrompt(from: number, logits: readonly Float32Array[]): void {
    this.#ofPrompt = this.#promptReader?.read(from, logits) ?? [];
  }

  /** Before the logits are changed: probabilities are the model's own. */
  prepare(logits: Float32Array): void {
    if (this.#count !== undefined) this.#next = this.#prepared(logits, this.#count);
  }

  /** The token that `prepare` was for has been chosen. */
  note(token: number): void {
    if (this.#next !== undefined) this.#ofAnswer.push(this.#next(token));
  }

  /** Those since the last time. */
  take(): { readonly promptLogprobs?: readonly TokenLogprob[]; readonly logprobs?: readonly TokenLogprob[] } {
    const promptLogprobs = this.#ofPrompt;
    const logprobs = this.#ofAnswer;
    this.#ofPrompt = [];
    this.#ofAnswer = [];
    return { ...(promptLogprobs.length > 0 && { promptLogprobs }), ...(logprobs.length > 0 && { logprobs }) };
  }

  #prepared(logits: Float32Array, count: number): (token: number) => TokenLogprob {
    const weights = this.#weights;
    const sum = logSumExp(logits);
    const top = topTokens(logits, count).map((token) => describeToken(weights, token, (logits[token] as number) - sum));
    // The one that is chosen is known later, when its logit is another one.
    const before = logits.slice();
    return (token) => ({ ...describeToken(weights, token, (before[token] as number) - sum), topLogprobs: top });
  }
}
