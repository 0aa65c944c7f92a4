import { Message, type MessagePart } from './message.js';

/** The closed list of ways in which a call can fail; every protocol maps all of them (see docs/protocols.md). */
export const ERROR_CODES = [
  'invalid_argument',
  'unauthenticated',
  'permission_denied',
  'not_found',
  'already_exists',
  'failed_precondition',
  'resource_exhausted',
  'quota_exceeded',
  'unavailable',
  'deadline_exceeded',
  'cancelled',
  'unimplemented',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ErrorOptions {
  /** What went wrong underneath: for the log, never for the client. */
  readonly cause?: unknown;
  /** When a retry makes sense, in milliseconds from now (`Retry-After` on HTTP). */
  readonly retryAfterMs?: number;
  /** The particular kind, where a dialect, a client or the server reacts to it. */
  readonly reason?: ErrorReason | undefined;
  readonly subject?: ErrorSubject | undefined;
}

/**
 * The prompt does not fit into the model's context; the schema of an answer, or of a tool's parameters, cannot be promised; the grammar or the
 * regular expression of an answer is wrong, or too large; a quota is used up for so long that trying again soon is of no use; there is no model of the name; the machine, or a limit of it, has no memory left for a model;
 * a text, or a list of texts, is empty; an answer is whole, but does not match its strict schema.
 */
export const ERROR_REASONS = [
  'context_length_exceeded',
  'invalid_json_schema',
  'invalid_function_parameters',
  'invalid_grammar',
  'insufficient_quota',
  'model_not_found',
  'out_of_memory',
  'empty_input',
  'schema_mismatch',
] as const;

export type ErrorReason = (typeof ERROR_REASONS)[number];

/** An error's subject, as far as it is known: code that reacts to an error reads this and not the message. */
export interface ErrorSubject {
  readonly model?: string;
  readonly input?: string;
  /** A parameter of the request as the model's runtime names it, or its place in a body: `messages[0].role`. */
  readonly parameter?: string;
  /** Of a text that is too long (`context_length_exceeded`), where they were counted. */
  readonly tokens?: number;
}

/** Clients, logs and headers get so much of a message: what it quotes may be as large as a request. */
const MAX_MESSAGE_LENGTH = 8_192;

/** The one error class: a code of the closed list and a message that tells the caller what to do. */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly reason: ErrorReason | undefined;
  readonly subject: ErrorSubject | undefined;
  readonly #parts: readonly MessagePart[] | undefined;

  constructor(code: ErrorCode, message: string | Message, options: ErrorOptions = {}) {
    const wording = bounded(message);
    super(String(wording), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.reason = options.reason;
    this.subject = options.subject;
    this.#parts = typeof wording !== 'string' && wording.namesModels ? wording.parts : undefined;
  }

  /** The message in parts, where it names models, which some callers may not see. */
  get parts(): readonly MessagePart[] | undefined {
    return this.#parts;
  }
}

function bounded(message: string | Message): string | Message {
  const { length } = message;
  if (length <= MAX_MESSAGE_LENGTH) return message;
  const more = `… (${length} characters)`;
  if (typeof message === 'string') return message.slice(0, MAX_MESSAGE_LENGTH) + more;
  return new Message([...message.slice(MAX_MESSAGE_LENGTH).parts, more]);
}

/** A MillraceError for what the caller sent: where it is, what was expected and what came instead. */
export function invalidArgument(message: string | Message, options?: ErrorOptions): MillraceError {
  return new MillraceError('invalid_argument', message, options);
}

/** A MillraceError for a parameter of the request: `parameter 'name': problem`. */
export function invalidParameter(name: string, problem: string): MillraceError {
  return invalidArgument(`parameter '${name}': ${problem}`, { subject: { parameter: name } });
}

/** The end of the server: neither the caller nor a model is at fault. */
export class ShutdownError extends MillraceError {
  constructor() {
    super('unavailable', 'the server is shutting down', { retryAfterMs: 1_000 });
  }
}

/** What requests get that come while the server ends; a retry reaches another replica. */
export function shuttingDown(): ShutdownError {
  return new ShutdownError();
}

/** What something that was thrown says of itself, whatever it is. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `error` as a MillraceError: itself, or `internal` with a neutral message and the original as its cause. */
export function toMillraceError(error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  return new MillraceError('internal', 'internal error; the server log has the details', { cause: error });
}
