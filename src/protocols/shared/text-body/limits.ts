import { isObject } from '../../../core/index.js';
import { ParameterError } from '../generation/parameter-error.js';

/** Most messages of a conversation, or items of an input with those of the responses before it. */
export const MAX_MESSAGES = 4_096;
/** Most parts of what one message or item says. */
export const MAX_PARTS = 1_024;
/** Most calls of tools in one message. */
export const MAX_CALLS = 128;
/** Most lists, objects, their members, and elements of lists other than numbers. */
export const MAX_VALUES = 65_536;

/** Lists of a body that hold messages, and what their elements are in errors. */
const MESSAGES = { messages: 'messages', input: 'items' } as const;
/** Lists of a message, how long they may be, and what their elements are in errors. */
const LISTS = {
  content: [MAX_PARTS, 'parts'],
  output: [MAX_PARTS, 'parts'],
  tool_calls: [MAX_CALLS, 'calls'],
} as const;

/** Refuses lists that are too long, by their lengths alone. Throws `ParameterError`. */
export function checkCounts(body: unknown): void {
  if (!isObject(body)) return;
  for (const [name, elements] of Object.entries(MESSAGES)) {
    const list = body[name];
    // Tokens of a text are numbers, of which there may be many.
    if (!Array.isArray(list) || typeof list[0] === 'number') continue;
    checkLength(list, { place: name, most: MAX_MESSAGES, elements });
    for (const [index, message] of list.entries()) checkMessage(message, `${name}[${index}]`);
  }
}

function checkMessage(message: unknown, place: string): void {
  if (!isObject(message)) return;
  for (const [name, [most, elements]] of Object.entries(LISTS)) {
    const list = message[name];
    if (Array.isArray(list)) checkLength(list, { place: `${place}.${name}`, most, elements });
  }
}

interface Limit {
  readonly place: string;
  readonly most: number;
  readonly elements: string;
}

function checkLength({ length }: readonly unknown[], { place, most, elements }: Limit): void {
  if (length > most) throw new ParameterError(place, `'${place}': expected at most ${most} ${elements}, got ${length}`);
}
