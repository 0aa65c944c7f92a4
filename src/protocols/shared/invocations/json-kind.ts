import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET } from '../json/bytes.js';
import { JsonCursor } from '../json/cursor.js';
import { skipValue } from '../json/skip.js';
import { readMemberName, wordSet } from '../json/words.js';

/**
 * Whose request a JSON body is: that of the Open Inference Protocol, TensorFlow Serving's (`instances`, or `inputs` in columns; a bare
 * list of instances), a DataFrame of MLflow, OpenAI's chat or completions, Triton's generate.
 */
export type JsonKind = 'infer' | 'instances' | 'dataframe' | 'chat' | 'completion' | 'generate';

/** What decides it stands near the beginning of bodies that are any of these. */
const MAX_READ_BYTES = 65_536;
const MEMBERS = wordSet(
  'dataframe_split',
  'dataframe_records',
  'instances',
  'inputs',
  'messages',
  'prompt',
  'text_input',
);
const BASE64 = wordSet('b64');

/** By its members; undefined where none of them tells, or where it is no JSON. */
export function jsonKindOf(body: Uint8Array): JsonKind | undefined {
  try {
    return readKind(new JsonCursor(body, endOfText(body)));
  } catch {
    // Whoever decodes it says what is wrong with it.
    return undefined;
  }
}

/** No further than to the end of a character. */
function endOfText(body: Uint8Array): number {
  if (body.length <= MAX_READ_BYTES) return body.length;
  let end = MAX_READ_BYTES;
  while (end > 0 && ((body[end] as number) & 0xc0) === 0x80) end--;
  return end;
}

function readKind(cursor: JsonCursor): JsonKind | undefined {
  if (cursor.peek() === OPEN_BRACKET) return 'instances';
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const member = readMemberName(cursor, MEMBERS);
    switch (member) {
      case 'instances':
        return 'instances';
      case 'inputs':
        return isListOfTensors(cursor) ? 'infer' : 'instances';
      case 'dataframe_split':
      case 'dataframe_records':
        return 'dataframe';
      case 'messages':
        return 'chat';
      case 'prompt':
        return 'completion';
      case 'text_input':
        return 'generate';
      case undefined:
        skipValue(cursor);
        break;
      default:
        member satisfies never;
    }
    more = cursor.next(CLOSE_BRACE);
  }
  return undefined;
}

/** Objects in a list are tensors, unless they are bytes. */
function isListOfTensors(cursor: JsonCursor): boolean {
  if (cursor.peek() !== OPEN_BRACKET || !cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array')) return false;
  if (cursor.peek() !== OPEN_BRACE || !cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object')) return false;
  return readMemberName(cursor, BASE64) === undefined;
}
