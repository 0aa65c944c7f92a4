import type { Chat, ChatRequest, ChatUsage } from '../../client/index.js';
import type { Io } from '../io.js';
import { withProgress } from '../progress.js';
import type { AnswerEnd } from './statistics.js';
import type { AnswerView } from './view.js';

/** An answer, whole or as far as it got. */
export interface ChatAnswer extends AnswerEnd {
  readonly content: string;
  readonly reasoning: string;
}

export interface Receiving {
  readonly chat: Chat;
  readonly request: ChatRequest;
  readonly view: AnswerView;
  /** Stops the answer, which is no error; undefined = a signal ends the process. */
  readonly signal?: AbortSignal;
}

/** Asks for one answer and shows it as it comes. Rejects as {@link Chat} does, when all that came is shown. */
export async function receiveAnswer(io: Io, { chat, request, view, signal }: Receiving): Promise<ChatAnswer> {
  const startedAt = performance.now();
  const text = { content: '', reasoning: '' };
  let firstMs: number | undefined;
  let finishReason: string | undefined;
  let usage: ChatUsage | undefined;
  const pieces = chat(request, signal === undefined ? {} : { signal })[Symbol.asyncIterator]();
  try {
    const progress = { text: `asking ${request.model}`, exitOnSignal: signal === undefined };
    let next = await withProgress(io, progress, () => pieces.next());
    for (; next.done !== true; next = await pieces.next()) {
      const piece = next.value;
      if (piece.kind === 'finish') finishReason = piece.reason;
      else if (piece.kind === 'usage') usage = piece.usage;
      else {
        firstMs ??= performance.now() - startedAt;
        text[piece.kind] += piece.text;
        view[piece.kind](piece.text);
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    view.end();
  }
  return { ...text, usage, finishReason, timing: { firstMs, totalMs: performance.now() - startedAt } };
}
