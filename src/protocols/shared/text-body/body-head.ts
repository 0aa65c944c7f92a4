import { Fields } from '../generation/fields.js';
import { ParameterError } from '../generation/parameter-error.js';
import { ContentError } from '../invocations/content-error.js';
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE } from '../json/bytes.js';
import { JsonCursor } from '../json/cursor.js';
import { skipValue } from '../json/skip.js';
import { readString, skipString } from '../json/string.js';
import { readMemberName, wordSet } from '../json/words.js';
import { parseBody } from './parse-body.js';

/** What has to be known of a body before the rest of it is read. */
export interface BodyHead {
  /** undefined = none is named. */
  readonly model: string | undefined;
  /** The response that the request goes on from. */
  readonly previousId: string | undefined;
}

const MEMBERS = wordSet('model', 'previous_response_id', 'messages', 'input');
const CONTENTS = wordSet('content', 'output');
/** Members of a part whose strings are media, as base64 or by an address. */
const MEDIA = wordSet('image_url', 'input_audio', 'audio_url', 'video_url', 'file', 'file_data');

export interface HeadOptions {
  readonly maxTextBytes: number;
  /** The name of the setting behind it. */
  readonly setting: string;
  /** The model, where the body's own does not count. */
  readonly model?: string | undefined;
}

/** The head of a parsed body. Throws `ParameterError`. */
export function headOf(body: unknown, { model }: Pick<HeadOptions, 'model'>): BodyHead {
  const fields = Fields.of(body);
  const previousId = fields.any('previous_response_id');
  return {
    model: model ?? fields.string('model'),
    previousId: typeof previousId === 'string' ? previousId : undefined,
  };
}

/**
 * The head of a body that has not been parsed: by its brackets and quotes, without making values of it. Strings of media do not count as
 * text. Throws `ContentError` (413) for more text than `maxTextBytes`, `invalid_argument` and `ParameterError` for what is wrong otherwise.
 */
export function readHead(body: Uint8Array, options: HeadOptions): BodyHead {
  try {
    return headOf(scan(new JsonCursor(body, body.length), options), options);
  } catch (error) {
    if (error instanceof ContentError || error instanceof ParameterError) throw error;
    if (body.length > options.maxTextBytes) throw error;
    // The parser accepts more JSON than the scanner, and its messages are those of small bodies.
    return headOf(parseBody(body), options);
  }
}

/** A body as far as it has been read. */
interface Scan extends Pick<HeadOptions, 'maxTextBytes' | 'setting'> {
  readonly cursor: JsonCursor;
  mediaBytes: number;
}

/** The members of the body that are its head, as they are. */
function scan(cursor: JsonCursor, { maxTextBytes, setting }: HeadOptions): object {
  if (cursor.peek() !== OPEN_BRACE) throw cursor.unexpected('an object');
  const state: Scan = { cursor, maxTextBytes, setting, mediaBytes: 0 };
  const head: Record<'model' | 'previous_response_id', unknown> = { model: undefined, previous_response_id: undefined };
  eachMember(state, () => {
    const member = readMemberName(cursor, MEMBERS);
    if (member === 'messages' || member === 'input') scanMessages(state);
    // Of members that come twice the last counts, as in JSON.parse.
    else if (member !== undefined) head[member] = readShort(cursor);
    else skipValue(cursor);
  });
  if (cursor.peek() !== -1) throw cursor.unexpected('the end of the JSON');
  return head;
}

function scanMessages(state: Scan): void {
  const { cursor } = state;
  eachElement(state, () =>
    eachMember(state, () => {
      if (readMemberName(cursor, CONTENTS) === undefined) skipValue(cursor);
      else eachElement(state, () => eachMember(state, () => scanPart(state)));
    }),
  );
}

function scanPart(state: Scan): void {
  const { cursor } = state;
  if (readMemberName(cursor, MEDIA) === undefined) skipValue(cursor);
  else if (cursor.peek() === QUOTE) skipMedia(state);
  else
    eachMember(state, () => {
      readMemberName(cursor, MEDIA);
      if (cursor.peek() === QUOTE) skipMedia(state);
      else skipValue(cursor);
    });
}

function skipMedia(state: Scan): void {
  const start = state.cursor.pos;
  skipString(state.cursor);
  state.mediaBytes += state.cursor.pos - start;
}

/** Calls `read` in front of each member of an object; takes any other value. */
function eachMember(state: Scan, read: () => void): void {
  each(state, { open: OPEN_BRACE, close: CLOSE_BRACE, read });
}

/** Calls `read` in front of each element of a list; takes any other value. */
function eachElement(state: Scan, read: () => void): void {
  each(state, { open: OPEN_BRACKET, close: CLOSE_BRACKET, read });
}

function each(state: Scan, { open, close, read }: { open: number; close: number; read: () => void }): void {
  const { cursor } = state;
  if (cursor.peek() !== open) skipValue(cursor);
  else {
    for (let more = cursor.enter(open, close, 'a value'); more; more = cursor.next(close)) {
      read();
      checkText(state);
    }
  }
  checkText(state);
}

function checkText({ cursor, mediaBytes, maxTextBytes, setting }: Scan): void {
  if (cursor.pos - mediaBytes <= maxTextBytes) return;
  throw new ContentError(413, `the body has more than ${maxTextBytes} bytes of text (${setting})`);
}

/** A string, or whatever else there is for errors. */
function readShort(cursor: JsonCursor): unknown {
  if (cursor.peek() === QUOTE) return readString(cursor);
  const start = cursor.pos;
  skipValue(cursor);
  return JSON.parse(cursor.bytes.toString('utf8', start, cursor.pos));
}
