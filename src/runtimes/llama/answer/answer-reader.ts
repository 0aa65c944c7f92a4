import type { ToolUse } from '../../../generation/index.js';
import type { AnswerFormat } from './answer-format.js';
import type { AnswerPiece } from './answer-piece.js';
import { CallReader, type OpenArguments } from './call-reader.js';
import type { FindTool } from './call-scanner.js';
import { ChannelReader } from './channel-reader.js';
import { MarkStripper } from './mark-stripper.js';
import { type SplitText, ThoughtSplitter } from './thought-splitter.js';

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
  readonly #marks: MarkStripper | undefined;
  readonly #calls: CallReader | undefined;
  /** Reads the whole answer; the other readers are then unset. */
  readonly #channels: ChannelReader | undefined;
  readonly #maxCalls: number | undefined;

  constructor({ format, isThinking, use }: Answered) {
    const { reasoning, calls, channels, marks } = format;
    const findTool: FindTool = (name) => use?.tools.find((tool) => tool.name === name);
    this.#maxCalls = use?.maxCalls;
    if (channels !== undefined) {
      this.#channels = new ChannelReader(channels, isThinking, { findTool, newId: () => calls.newId() });
      return;
    }
    const endedBy = calls.endsThoughts && use !== undefined ? [...calls.opens, ...calls.begins] : [];
    if (reasoning !== undefined) this.#thoughts = new ThoughtSplitter(reasoning, isThinking, endedBy);
    if (marks.length > 0) this.#marks = new MarkStripper(marks);
    if (use !== undefined) this.#calls = new CallReader(calls, findTool);
  }

  get isThinking(): boolean {
    return this.#channels?.isThinking ?? this.#thoughts?.isThinking ?? false;
  }

  get hasCalls(): boolean {
    return (this.#found?.calls ?? 0) > 0;
  }

  /** All calls that are wanted have come. */
  get isComplete(): boolean {
    return this.#maxCalls !== undefined && (this.#found?.wholeCalls ?? 0) >= this.#maxCalls;
  }

  /** The tool whose arguments are being written, and what has come of them. */
  get openArguments(): OpenArguments | undefined {
    return this.#found?.openArguments;
  }

  push(text: string): AnswerPiece {
    if (this.#channels !== undefined) return this.#channels.push(text);
    return this.#read(this.#thoughts?.push(text) ?? { thought: '', rest: text }, false);
  }

  /** What is left when no more comes. */
  end(): AnswerPiece {
    if (this.#channels !== undefined) return this.#channels.end();
    const piece = this.#read(this.#thoughts?.end() ?? { thought: '', rest: '' }, true);
    const last = this.#calls?.end() ?? { content: '', calls: [] };
    return { ...piece, content: piece.content + last.content, calls: [...piece.calls, ...last.calls] };
  }

  get #found(): CallReader | ChannelReader | undefined {
    return this.#channels ?? this.#calls;
  }

  #read({ thought, rest }: SplitText, isEnd: boolean): AnswerPiece {
    const answer = this.#marks === undefined ? rest : this.#marks.push(rest) + (isEnd ? this.#marks.end() : '');
    const { content, calls } = this.#calls?.push(answer) ?? { content: answer, calls: [] };
    return { content, reasoning: thought, calls };
  }
}
