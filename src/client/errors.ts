import { ERROR_CODES, type ErrorCode } from '../core/index.js';

export interface ClientErrorOptions {
  /** HTTP status of the answer; 0 (the default) when none arrived. */
  readonly status?: number;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The one error of the client: a code of millrace's closed list, and the server's own words where it answered. */
export class MillraceClientError extends Error {
  readonly code: ErrorCode;
  /** HTTP status of the answer; 0 when there was none (unreachable, timed out, aborted, refused by the client). */
  readonly status: number;
  /** The server's `X-Request-Id`: what to look for in its log. */
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ClientErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MillraceClientError';
    this.code = code;
    this.status = options.status ?? 0;
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
  }
}

const CODE_OF_STATUS: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'unauthenticated'],
  [403, 'permission_denied'],
  [404, 'not_found'],
  [409, 'already_exists'],
  [412, 'failed_precondition'],
  [429, 'resource_exhausted'],
  [499, 'cancelled'],
  [501, 'unimplemented'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'deadline_exceeded'],
]);

/** The code for a status of a server that does not name one: other 4xx are the caller's fault, other 5xx the server's. */
export function codeOfStatus(status: number): ErrorCode {
  return CODE_OF_STATUS.get(status) ?? (status >= 500 ? 'internal' : 'invalid_argument');
}

/** Milliseconds of a `Retry-After` header (seconds, or an HTTP date after `nowMs`); undefined when absent or malformed. */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/**
 * The error that an answer other than 2xx stands for; its code is what the header `x-millrace-error` or `code` in the
 * JSON body says, or else what the status means; its message is `error` in the body where there is one, or in OpenAI's
 * shape `error.message`.
 */
export function errorOfAnswer(status: number, headers: Headers, body: Uint8Array): MillraceClientError {
  const text = new TextDecoder().decode(body.subarray(0, 65_536));
  const told = parseErrorBody(text);
  const code = knownCode(headers.get('x-millrace-error')) ?? told.code ?? codeOfStatus(status);
  return new MillraceClientError(code, told.message ?? `the server answered ${status}`, {
    status,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfterMs: parseRetryAfter(headers.get('retry-after'), Date.now()),
  });
}

function parseErrorBody(text: string): { code?: ErrorCode | undefined; message?: string | undefined } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    const line = text.trim().split('\n', 1)[0] ?? '';
    return line === '' || line.startsWith('<') ? {} : { message: line.slice(0, 500) };
  }
  if (typeof body !== 'object' || body === null) return {};
  const { error, code } = body as { readonly error?: unknown; readonly code?: unknown };
  if (typeof error === 'object' && error !== null) return readErrorObject(error);
  return { message: nonEmpty(error), code: knownCode(code) };
}

/** What an error in OpenAI's shape tells: its code only where it is one of the closed list. */
export function readErrorObject(error: object): { code: ErrorCode | undefined; message: string | undefined } {
  const { message, code } = error as { readonly message?: unknown; readonly code?: unknown };
  return { message: nonEmpty(message), code: knownCode(code) };
}

function nonEmpty(text: unknown): string | undefined {
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function knownCode(code: unknown): ErrorCode | undefined {
  return ERROR_CODES.find((known) => known === code);
}
