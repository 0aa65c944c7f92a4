import type { GenerationDelta, ToolCallDelta } from '../../../core/index.js';
import type { LogprobReports } from '../sampling/logprob-reports.js';
import type { AnswerPiece } from './answer-piece.js';

export interface AnsweredPrompt {
  readonly tokens: Int32Array;
  /** Text of the prompt that goes before the first piece. */
  readonly echo: string;
}

/** The part of an answer that has not been sent yet. */
export class PendingDelta {
  readonly #promptTokens: Int32Array;
  readonly #logprobs: LogprobReports;
  /** Goes before the first piece. */
  #prefix: string;
  #text = '';
  #reasoning = '';
  #calls: ToolCallDelta[] = [];
  #tokenIds: number[] = [];
  #hasSentPrompt = false;

  constructor({ tokens, echo }: AnsweredPrompt, logprobs: LogprobReports) {
    this.#promptTokens = tokens;
    this.#prefix = echo;
    this.#logprobs = logprobs;
  }

  /** Whether there is text, reasoning or a call; tokens whose text is held back wait for it. */
  get hasText(): boolean {
    return this.#text !== '' || this.#reasoning !== '' || this.#calls.length > 0;
  }

  note({ content, reasoning, calls }: AnswerPiece): void {
    this.#text += content;
    this.#reasoning += reasoning;
    if (calls.length > 0) this.#calls.push(...calls);
  }

  noteToken(id: number): void {
    this.#tokenIds.push(id);
  }

  /** All that has been noted since the last time, with log probabilities; with the first tokens, those of the prompt, too. */
  take(): GenerationDelta {
    const logprobs = this.#logprobs;
    const text = this.#prefix + this.#text;
    const reasoning = this.#reasoning;
    const toolCalls = this.#calls;
    const tokenIds = this.#tokenIds;
    this.#prefix = '';
    this.#text = '';
    if (reasoning === '' && toolCalls.length + tokenIds.length === 0 && logprobs.isEmpty) return { text };
    this.#reasoning = '';
    this.#calls = [];
    this.#tokenIds = [];
    const sendsPrompt = tokenIds.length > 0 && !this.#hasSentPrompt;
    this.#hasSentPrompt ||= sendsPrompt;
    return {
      text,
      ...(!logprobs.isEmpty && logprobs.take()),
      ...(toolCalls.length > 0 && { toolCalls }),
      ...(reasoning !== '' && { reasoning }),
      ...(tokenIds.length > 0 && { tokenIds }),
      ...(sendsPrompt && { promptTokenIds: Array.from(this.#promptTokens) }),
    };
  }
}
