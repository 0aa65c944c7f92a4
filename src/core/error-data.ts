import {
  ERROR_CODES,
  ERROR_REASONS,
  type ErrorCode,
  type ErrorReason,
  type ErrorSubject,
  MillraceError,
} from './errors.js';
import { MENTION_ROLES, type MessagePart, type Worded, wordingOf } from './message.js';
import { isObject } from './plain-data.js';

/** An error as plain data, as it crosses threads and pipes. */
export interface ErrorData extends Worded {
  readonly code: ErrorCode;
  readonly reason?: ErrorReason | undefined;
  readonly subject?: ErrorSubject | undefined;
}

/** More than any of our messages has. */
const MAX_PARTS = 256;
/** Names are not longer. */
const MAX_NAME_LENGTH = 1_024;

/** The part of an error that crosses threads and pipes: without its cause, its stack and its retry time. */
export function errorData(error: MillraceError): ErrorData {
  const { code, message, reason, subject } = error;
  const wording = wordingOf(error);
  return {
    code,
    message,
    ...(typeof wording === 'string' ? {} : { parts: wording.parts }),
    ...(reason === undefined ? {} : { reason }),
    ...(subject === undefined ? {} : { subject }),
  };
}

/**
 * The error that data stands for. The sender is not trusted: malformed members are left out, and the code is `internal` where that
 * is. Parts that do not make up the message are none.
 */
export function errorOf(data: unknown, cause?: unknown): MillraceError {
  const { code, message, parts, reason, subject } = isObject(data) ? data : {};
  const text = typeof message === 'string' ? message : 'a malformed error';
  return new MillraceError(
    ERROR_CODES.find((known) => known === code) ?? 'internal',
    wordingOf({ message: text, parts: readParts(parts) }),
    { cause, reason: ERROR_REASONS.find((known) => known === reason), subject: readSubject(subject) },
  );
}

function readParts(parts: unknown): readonly MessagePart[] | undefined {
  if (!Array.isArray(parts) || parts.length > MAX_PARTS) return undefined;
  const read = parts.flatMap((part) => readPart(part) ?? []);
  return read.length === parts.length ? read : undefined;
}

function readPart(part: unknown): MessagePart | undefined {
  if (typeof part === 'string') return part;
  if (!isObject(part)) return undefined;
  const { model, text, role } = part;
  const known = MENTION_ROLES.find((each) => each === role);
  if (typeof model !== 'string' || model.length > MAX_NAME_LENGTH || typeof text !== 'string') return undefined;
  return known && { model, text, role: known };
}

function readSubject(subject: unknown): ErrorSubject | undefined {
  if (!isObject(subject)) return undefined;
  const own = (member: string) => (Object.hasOwn(subject, member) ? subject[member] : undefined);
  const known: [string, string | number][] = (['model', 'input', 'parameter'] as const).flatMap((member) => {
    const value = own(member);
    return typeof value === 'string' && value.length <= MAX_NAME_LENGTH ? [[member, value]] : [];
  });
  const tokens = own('tokens');
  if (Number.isSafeInteger(tokens)) known.push(['tokens', tokens as number]);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
