import type { Message } from '../../../generation/index.js';
import { firstThatFits, type Turns } from '../template/drop-turns.js';

/** Where it cannot be found out what a template writes around a message. */
const USUAL_MARKER_TOKENS = 4;

interface Written {
  readonly tokens: ArrayLike<number>;
}

interface FitParts<Made extends Written> {
  /** Most tokens of the prompt. */
  readonly room: number;
  /** undefined = it is longer than there is room for, which may be known before it is written. */
  readonly write: (dropped: number) => Made | undefined;
  /** Tokens of a message's content, about; of one that has more than `left`, it need not be known how many. */
  readonly countContent: (message: Message, left: number) => number;
}

/**
 * As many of the newest turns as there is room for; undefined where not even the last one fits. Each content is counted once, and
 * the conversation is written whole a few times only: with what is likely to fit.
 */
export function fitTurns<Made extends Written>(turns: Turns, parts: FitParts<Made>): Made | undefined {
  const { room, countContent } = parts;
  const written = new Map<number, Made | undefined>();
  const attempt = (dropped: number): Made | undefined => {
    if (!written.has(dropped))
      written.set(dropped, turns.lengthWithout(dropped) > room ? undefined : parts.write(dropped));
    return written.get(dropped);
  };
  // Most conversations fit as they are.
  const all = attempt(0);
  const last = turns.count - 1;
  if (all !== undefined || last === 0) return all;
  const shortest = attempt(last);
  if (shortest === undefined) return undefined;
  const counted = new Map<object, number>();
  const count = (message: Message, left: number) => {
    const known = counted.get(message) ?? countContent(message, left);
    counted.set(message, known);
    return known;
  };
  // A template's own words: around all of it, and around each message.
  const sizes = (dropped: number) => ({
    messages: turns.lengthWithout(dropped),
    content: turns.messagesWithout(dropped).reduce((sum, message) => sum + count(message, room), 0),
  });
  const one = sizes(last);
  const longer = attempt(last - 1);
  let perMessage = USUAL_MARKER_TOKENS;
  if (longer !== undefined) {
    const two = sizes(last - 1);
    const added = longer.tokens.length - shortest.tokens.length - (two.content - one.content);
    perMessage = Math.max(0, added / (two.messages - one.messages));
  }
  const around = shortest.tokens.length - one.content - perMessage * one.messages;
  const guess = turns.guess(room - around, (message, left) => perMessage + count(message, left));
  const found = firstThatFits(last, Math.max(0, guess - 1), (candidate) => attempt(candidate + 1));
  return found ?? shortest;
}
