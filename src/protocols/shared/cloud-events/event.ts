import { randomUUID } from 'node:crypto';
import { excerpt, invalidArgument, type MillraceError } from '../../../core/index.js';
import { mediaTypeOf, type WireBody, type WireHeaders, type WireResponse } from '../../wire.js';
import { CLOSE_BRACE, OPEN_BRACE } from '../json/bytes.js';
import { JsonCursor } from '../json/cursor.js';
import { skipValue } from '../json/skip.js';
import { readString } from '../json/string.js';
import { readMemberName, wordSet } from '../json/words.js';

/** How a request is an event, and so its answer: with attributes in headers, or with all of it in one object of JSON. */
export type EventMode = 'binary' | 'structured';

/** Attributes that every event has. */
const REQUIRED = ['specversion', 'id', 'source', 'type'] as const;
const MEMBERS = wordSet(...REQUIRED, 'data');
const VERSIONS: ReadonlySet<string> = new Set(['1.0', '0.3']);
const STRUCTURED_TYPE = 'application/cloudevents+json';

/** undefined = the request is no event. */
export function eventModeOf(headers: WireHeaders): EventMode | undefined {
  if (mediaTypeOf(headers['content-type']) === STRUCTURED_TYPE) return 'structured';
  return headers['ce-specversion'] === undefined ? undefined : 'binary';
}

/** Throws `invalid_argument` unless the headers have the attributes that every event has. */
export function checkEventHeaders(headers: WireHeaders): void {
  for (const name of REQUIRED) checkAttribute(name, headers[`ce-${name}`]);
}

/** The data of an event in one object, as a view of it. Throws `invalid_argument`, also where attributes are missing. */
export function readEventData(body: Uint8Array): Uint8Array {
  const cursor = new JsonCursor(body, body.length);
  const attributes: Partial<Record<(typeof REQUIRED)[number], string>> = {};
  let data: Uint8Array | undefined;
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const member = readMemberName(cursor, MEMBERS);
    if (member === undefined) skipValue(cursor);
    else if (member === 'data') {
      if (data !== undefined) throw refused("'data' is given twice");
      cursor.peek();
      const start = cursor.pos;
      skipValue(cursor);
      data = body.subarray(start, cursor.pos);
    } else {
      if (attributes[member] !== undefined) throw refused(`'${member}' is given twice`);
      attributes[member] = readString(cursor);
    }
    more = cursor.next(CLOSE_BRACE);
  }
  if (cursor.peek() !== -1) throw cursor.unexpected('the end of the JSON');
  for (const name of REQUIRED) checkAttribute(name, attributes[name]);
  if (data === undefined) throw refused("expected 'data' that is JSON, got none");
  return data;
}

export interface EventHead {
  readonly mode: EventMode;
  readonly model: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** The answer as an event of its own. */
export function toEvent(answer: WireResponse, { mode, model, now }: EventHead): WireResponse {
  const attributes = {
    specversion: '1.0',
    id: randomUUID(),
    source: `io.kserve.inference.${encodeURIComponent(model)}`,
    type: 'io.kserve.inference.response',
    time: new Date(now).toISOString(),
  };
  if (mode === 'structured') {
    const head = `${JSON.stringify(attributes).slice(0, -1)},"data":`;
    return { ...answer, headers: { 'content-type': STRUCTURED_TYPE }, body: within(head, answer.body, '}') };
  }
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]);
  return { ...answer, headers: { ...answer.headers, ...Object.fromEntries(headers) } };
}

function within(head: string, body: WireBody, tail: string): WireBody {
  if (typeof body === 'string') return `${head}${body}${tail}`;
  const pieces = body instanceof Uint8Array ? [body] : body;
  return [Buffer.from(head), ...pieces, Buffer.from(tail)];
}

function checkAttribute(name: (typeof REQUIRED)[number], value: string | string[] | undefined): void {
  if (typeof value !== 'string' || value === '') throw refused(`expected the attribute '${name}', got none`);
  if (name === 'specversion' && !VERSIONS.has(value)) {
    throw refused(`expected the attribute 'specversion' to be 1.0, got '${excerpt(value)}'`);
  }
}

function refused(text: string): MillraceError {
  return invalidArgument(`the event: ${text}`);
}
