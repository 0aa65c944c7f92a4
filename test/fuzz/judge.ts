import { ANSWER_LIMIT_MS, type Outcome } from './lane.js';
import type { Shot } from './shot.js';
import type { FuzzTarget } from './target.js';

/** Places in our code, stacks and folders of the machine are for the log. */
const LEAK = /\bnode:|\.(?:js|ts):\d|\n\s+at |\/tmp\//;

/** What is wrong with a shot's outcome, as a predicate; undefined = nothing. */
export function judge(
  { statuses: listed, codes }: Pick<FuzzTarget, 'statuses' | 'codes'>,
  shot: Shot,
  { statuses, code, text, type, isSilent }: Outcome,
): string | undefined {
  if (isSilent) {
    const missing = shot.kind === 'bytes' ? 'kept its connection open' : 'had no answer';
    return `${missing} for ${ANSWER_LIMIT_MS} ms`;
  }
  if (shot.kind === 'grpc') {
    if (code !== undefined && !codes.includes(code)) return `ended with code ${code}: ${text}`;
    return LEAK.test(text) ? `ended with the message ${text}` : undefined;
  }
  // Statuses in what comes back of bytes may be part of a body.
  const wrong = statuses.find((status) => !listed.includes(status) && (shot.kind === 'http' || status >= 500));
  if (wrong !== undefined) return `was answered with ${wrong}: ${text.slice(0, 500)}`;
  if (shot.kind === 'bytes' || (statuses[0] ?? 0) < 400 || text === '') return undefined;
  const isWhole = type === 'application/json' && isErrorBody(text) && !LEAK.test(text);
  return isWhole ? undefined : `was answered with ${statuses[0]} and the body ${text.slice(0, 500)} (${type})`;
}

/** A sentence in the form of any dialect, as the paths of one are mutated into those of another. */
function isErrorBody(text: string): boolean {
  try {
    const { error, message, Message, ready } = JSON.parse(text);
    const sentence = error?.message ?? error ?? message ?? Message;
    return ready === false || (typeof sentence === 'string' && sentence !== '');
  } catch {
    return false;
  }
}
