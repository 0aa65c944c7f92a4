import { type ErrorData, errorData, errorOf, MillraceError } from '../../core/index.js';
import type { DecodeFunction } from '../shared/decoding/jobs.js';
import { ContentError } from '../shared/invocations/content-error.js';
import type { BodyHead, HeadOptions } from './body-head.js';
import type { TextKind, TextRequests, UnreadText } from './decode-text.js';
import type { ItemsPage } from './stored-response.js';

/** A refusal of the decoding thread: errors lose what is special about them on their way to the event loop. */
interface Refusal {
  readonly refused: ErrorData;
  readonly status: 413 | undefined;
}

/** What the thread gives. */
export type Reply<Result> = { readonly result: Result } | Refusal;

export interface HeadJob {
  readonly body: Uint8Array;
  readonly options: HeadOptions;
}

/** A head, and the body again, which has gone to the thread. */
export interface FoundHead {
  readonly head: BodyHead;
  readonly body: Uint8Array;
}

export interface TextJob<Kind extends TextKind> extends UnreadText {
  readonly kind: Kind;
}

export interface PageJob {
  readonly stored: Uint8Array;
  readonly page: ItemsPage;
}

const module = new URL('./decoders.js', import.meta.url).href;

export const HEAD: DecodeFunction<HeadJob, Reply<FoundHead>> = { module, name: 'head' };
export const ITEMS: DecodeFunction<PageJob, Reply<string>> = { module, name: 'items' };

/** Reads a body in the decoding thread. */
export function textFunction<Kind extends TextKind>(): DecodeFunction<TextJob<Kind>, Reply<TextRequests[Kind]>> {
  return { module, name: 'text' };
}

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
