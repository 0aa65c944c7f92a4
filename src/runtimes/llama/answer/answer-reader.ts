import type { ToolCallDelta } from '../../../core/index.js';
import type { ToolUse } from '../../../generation/index.js';
import type { AnswerFormat } from './answer-format.js';
import { CallReader } from './call-reader.js';
import { type SplitText, ThoughtSplitter } from './thought-splitter.js';

/** A piece of an answer. */
export interface AnswerPiece {
  /** What the model says. */
  readonly content: string;
  /** What it thinks before. */
  readonly reasoning: string;
  readonly calls: readonly ToolCallDelta[];
}

/** What an answer is given to. */
export interface Answered {
  readonly format: AnswerFormat;
  /** The prompt ends with the beginning of a thought. */
  readonly isThinking: boolean;
  /** undefined = nothing is taken for a call. */
  readonly use: ToolUse | undefined;
}

/** Reads an answer while it is written. */
export class AnswerReader {
  readonly #thoughts: ThoughtSplitter | undefined;
  readonly #calls: CallReader | undefined;
  readonly #maxCalls: number;

  constructor({ format, isThinking, use }: Answered) {
    const { reasoning, calls } = format;
    if (reasoning !== undefined) this.#thoughts = new ThoughtSplitter(reasoning, isThinking);
    if (use !== undefined) this.#calls = new CallReader(calls, (name) => use.tools.some((tool) => tool.name === name));
    this.#maxCalls = use?.maxCalls ?? 0;
  }

  get isThinking(): boolean {
    return this.#thoughts?.isThinking ?? false;
  }

  get hasCalls(): boolean {
    return (this.#calls?.calls ?? 0) > 0;
  }

  /** All calls that are wanted have come. */
  get isComplete(): boolean {
    return this.#calls !== undefined && this.#calls.wholeCalls >= this.#maxCalls;
  }

  /** The tool whose arguments are being written, and what has come of them. */
  get openArguments(): { readonly tool: string; readonly text: string } | undefined {
    return this.#calls?.openArguments;
  }

  push(text: string): AnswerPiece {
    return this.#read(this.#thoughts?.push(text) ?? { thought: '', rest: text });
  }

  /** What is left when no more comes. */
  end(): AnswerPiece {
    const piece = this.#read(this.#thoughts?.end() ?? { thought: '', rest: '' });
    const last = this.#calls?.end() ?? { content: '', calls: [] };
    return { ...piece, content: piece.content + last.content, calls: [...piece.calls, ...last.calls] };
  }

  #read({ thought, rest }: SplitText): AnswerPiece {
    const { content, calls } = this.#calls?.push(rest) ?? { content: rest, calls: [] };
    return { content, reasoning: thought, calls };
  }
}
