import { type ErrorCode, MillraceError } from '../../core/index.js';
import type { DecodeFunction } from '../decoding/jobs.js';
import { ContentError } from '../invocations/content-error.js';
import type { BodyHead, HeadOptions } from './body-head.js';
import type { TextKind, TextRequests, UnreadText } from './decode-text.js';
import { ParameterError } from './errors.js';
import type { ItemsPage } from './stored-response.js';

/** A refusal of the decoding thread: errors lose what is special about them on their way to the event loop. */
interface Refusal {
  readonly refused: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly param?: string;
    readonly status?: 413;
  };
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
    const { code, message } = error;
    const param = error instanceof ParameterError ? { param: error.param } : {};
    const status = error instanceof ContentError && error.status === 413 ? { status: error.status } : {};
    return { refused: { code, message, ...param, ...status } };
  }
}

/** The result of a reply. Throws what was refused. */
export function resultOf<Result>(reply: Reply<Result>): Result {
  if ('result' in reply) return reply.result;
  const { code, message, param, status } = reply.refused;
  if (status !== undefined) throw new ContentError(status, message);
  if (param === undefined) throw new MillraceError(code, message);
  throw new ParameterError(param, message, code);
}
