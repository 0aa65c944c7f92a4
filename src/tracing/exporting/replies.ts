import type { ExportReply } from './messages.js';
import type { Serializer } from './serialize.js';

/** Statuses after which OTLP says to send the same again. */
const RETRYABLE_HTTP = [429, 502, 503, 504];
/** CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS. */
const RETRYABLE_GRPC = [1, 4, 8, 10, 11, 14, 15];
const MAX_MESSAGE_LENGTH = 256;

/** What the answer of a collector over HTTP means. */
export function replyOfHttp(
  { status, retryAfter }: { readonly status: number; readonly retryAfter: string | undefined },
  body: Uint8Array,
  serializer: Serializer,
): ExportReply {
  if (status >= 200 && status < 300) return replyOfSuccess(body, serializer);
  const message = `it answered with status ${status}`;
  if (!RETRYABLE_HTTP.includes(status)) return { outcome: 'refused', message };
  const seconds = Number(retryAfter);
  const isDelay = retryAfter !== undefined && Number.isFinite(seconds) && seconds >= 0;
  return { outcome: 'retry', message, retryAfterMs: isDelay ? seconds * 1_000 : undefined };
}

/** The same over gRPC. `status`: `grpc-status`; `text`: `grpc-message`. */
export function replyOfGrpc(
  { status, text }: { readonly status: number; readonly text: string },
  body: Uint8Array,
  serializer: Serializer,
): ExportReply {
  if (status === 0) return replyOfSuccess(body, serializer);
  const message = `it answered with gRPC status ${status}${text === '' ? '' : ` (${shorten(text)})`}`;
  if (!RETRYABLE_GRPC.includes(status)) return { outcome: 'refused', message };
  return { outcome: 'retry', message, retryAfterMs: undefined };
}

/** The collector could not be asked. */
export function replyOfFailure(error: unknown): ExportReply {
  const { cause = error } = error as { cause?: unknown };
  const message = cause instanceof Error ? cause.message || cause.name : String(cause);
  return { outcome: 'retry', message: shorten(message), retryAfterMs: undefined };
}

function replyOfSuccess(body: Uint8Array, serializer: Serializer): ExportReply {
  try {
    const { rejected, message } = serializer.decodeRejected(body);
    return { outcome: 'taken', rejected, message: shorten(message) };
  } catch {
    // It has said that it took them.
    return { outcome: 'taken', rejected: 0, message: '' };
  }
}

function shorten(text: string): string {
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH)}…`;
}
