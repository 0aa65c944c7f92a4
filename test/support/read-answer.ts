import type { AnswerFormat } from '../../src/runtimes/llama/answer/answer-format.js';
import type { AnswerPiece } from '../../src/runtimes/llama/answer/answer-piece.js';
import { type Answered, AnswerReader } from '../../src/runtimes/llama/answer/answer-reader.js';

/** All that was read of an answer. */
export interface WholeAnswer {
  readonly content: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  /** Of the calls. */
  readonly ids: readonly string[];
}

/** Reads an answer whose text comes in these pieces. */
export function readWhole(answered: Answered, pieces: readonly string[]): WholeAnswer {
  const reader = new AnswerReader(answered);
  const told: AnswerPiece[] = [...pieces.map((piece) => reader.push(piece)), reader.end()];
  const calls: { name: string; arguments: string }[] = [];
  const ids: string[] = [];
  for (const { index, id = '', name, arguments: given } of told.flatMap((piece) => piece.calls)) {
    if (name !== undefined) {
      if (index !== calls.length) throw new Error(`call ${index} came as the one with index ${calls.length}`);
      calls.push({ name, arguments: '' });
      ids.push(id);
    }
    const call = calls[index];
    if (call === undefined) throw new Error('arguments of a call whose tool was not told');
    call.arguments += given;
  }
  return {
    content: told.map(({ content }) => content).join(''),
    reasoning: told.map(({ reasoning }) => reasoning).join(''),
    calls,
    ids,
  };
}

/** Texts that readers of a form look for, the longest first. */
export function tokensOfAnswer({ tokens, channels }: AnswerFormat): readonly string[] {
  const marks = new Set([...tokens, ...(channels?.begins ?? []), ...(channels?.ends ?? [])]);
  return [...marks].filter((mark) => mark.trim().length > 1).sort((a, b) => b.length - a.length);
}
