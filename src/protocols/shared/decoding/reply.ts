import { type ErrorData, errorData, errorOf, MillraceError } from '../../../core/index.js';
import { ContentError } from '../invocations/content-error.js';

/** A refusal of the decoding thread: errors lose what is special about them on their way to the event loop. */
interface Refusal {
  readonly refused: ErrorData;
  readonly status: 413 | undefined;
}

/** What the thread gives. */
export type Reply<Result> = { readonly result: Result } | Refusal;

/** What `run` gives or refuses, for the other thread. */
export function replyOf<Result>(run: () => Result): Reply<Result> {
  try {
    return { result: run() };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const status = error instanceof ContentError && error.status === 413 ? error.status : undefined;
    return { refused: errorData(error), status };
  }
}

/** The result of a reply. Throws what was refused. */
export function resultOf<Result>(reply: Reply<Result>): Result {
  if ('result' in reply) return reply.result;
  const { refused, status } = reply;
  throw status === undefined ? errorOf(refused) : new ContentError(status, refused.message);
}
