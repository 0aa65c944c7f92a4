import { MillraceError, messageOf } from '../../core/index.js';

const MAX_MESSAGE_LENGTH = 2_000;
const MAX_CAUSE_LENGTH = 16_000;
const MAX_DEPTH = 5;

/** The fields of a log line that tell about an error: code, message and, where somebody has to look for it, the stack. */
export function describeError(error: unknown): Readonly<Record<string, string>> {
  const cause = shorten(describeCauses(error), MAX_CAUSE_LENGTH);
  return {
    ...(error instanceof MillraceError ? { error_code: error.code } : {}),
    error: shorten(messageOf(error), MAX_MESSAGE_LENGTH),
    ...(cause === '' ? {} : { cause }),
  };
}

/** Stacks from the error inwards. A MillraceError other than `internal` is an answer, not a fault: its own stack says nothing. */
function describeCauses(error: unknown): string {
  const stacks: string[] = [];
  let current: unknown = error instanceof MillraceError && error.code !== 'internal' ? error.cause : error;
  while (current !== undefined && stacks.length < MAX_DEPTH) {
    stacks.push(current instanceof Error ? (current.stack ?? current.message) : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return stacks.join('\ncaused by: ');
}

/** At most so many characters of a text, and a sign that there were more. */
export function shorten(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}
