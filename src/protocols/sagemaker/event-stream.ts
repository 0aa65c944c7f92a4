import { crc32 } from 'node:zlib';
import { type MillraceError, toMillraceError } from '../../core/index.js';
import { HTTP_STATUS } from '../shared/http-errors.js';

const STRING_TYPE = 7;
const PRELUDE_BYTES = 8;
const CRC_BYTES = 4;
/** Larger answers are passed on in several parts. */
const MAX_PART_BYTES = 262_144;
const NO_BYTES = new Uint8Array(0);

/** A message of AWS's event stream encoding (`application/vnd.amazon.eventstream`): headers that are texts, and a payload. */
export function encodeMessage(headers: Readonly<Record<string, string>>, payload: Uint8Array): Uint8Array {
  const encoded = Object.entries(headers).map(([name, value]) => encodeHeader(name, value));
  const headersBytes = encoded.reduce((sum, { length }) => sum + length, 0);
  const prelude = Buffer.alloc(PRELUDE_BYTES + CRC_BYTES);
  prelude.writeUInt32BE(prelude.length + headersBytes + payload.length + CRC_BYTES, 0);
  prelude.writeUInt32BE(headersBytes, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, PRELUDE_BYTES)), PRELUDE_BYTES);
  const message = Buffer.concat([prelude, ...encoded, payload, Buffer.alloc(CRC_BYTES)]);
  const end = message.length - CRC_BYTES;
  message.writeUInt32BE(crc32(message.subarray(0, end)), end);
  return message;
}

function encodeHeader(name: string, value: string): Uint8Array {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  const head = Buffer.alloc(nameBytes.length + 4);
  head.writeUInt8(nameBytes.length, 0);
  head.set(nameBytes, 1);
  head.writeUInt8(STRING_TYPE, 1 + nameBytes.length);
  head.writeUInt16BE(valueBytes.length, 2 + nameBytes.length);
  return Buffer.concat([head, valueBytes]);
}

const PART_HEADERS = {
  ':event-type': 'PayloadPart',
  ':content-type': 'application/octet-stream',
  ':message-type': 'event',
};

/** The pieces of an answer as `PayloadPart` events. What goes wrong behind the first of them is a `ModelStreamError` at the end. */
export async function* payloadParts(
  pieces: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let begun = false;
  try {
    for await (const piece of pieces) {
      begun = true;
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      for (let at = 0; at < bytes.length; at += MAX_PART_BYTES) {
        yield encodeMessage(PART_HEADERS, bytes.subarray(at, at + MAX_PART_BYTES));
      }
    }
    if (!begun) yield encodeMessage(PART_HEADERS, NO_BYTES);
  } catch (thrown) {
    if (!begun) throw thrown;
    yield encodeStreamError(toMillraceError(thrown));
  }
}

function encodeStreamError(error: MillraceError): Uint8Array {
  const headers = {
    ':exception-type': 'ModelStreamError',
    ':content-type': 'application/json',
    ':message-type': 'exception',
  };
  const body = { Message: error.message, ErrorCode: String(HTTP_STATUS[error.code]) };
  return encodeMessage(headers, Buffer.from(JSON.stringify(body)));
}
