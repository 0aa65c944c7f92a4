import { isUtf8 } from 'node:buffer';
import { invalidArgument, type MillraceError } from '../core/index.js';

/** Wire types of protobuf; groups (3, 4) are no part of proto3. */
export const VARINT = 0;
export const FIXED64 = 1;
export const DELIMITED = 2;
export const FIXED32 = 5;

const WIRE_TYPES = ['a varint', '8 bytes', 'a length', 'a group', 'the end of a group', '4 bytes'];
const MAX_VARINT_BYTES = 10;
const TWO_TO_32 = 2 ** 32;
/** Names are the same again and again; this many of them are remembered. */
const NAME_SLOTS = 512;
const MAX_NAME_LENGTH = 64;

const names: (string | undefined)[] = new Array(NAME_SLOTS).fill(undefined);

/** A place in the protobuf encoding of a message, which is `bytes` up to `end`. Throws `invalid_argument` for what is malformed. */
export class ProtoReader {
  readonly bytes: Buffer;
  pos: number;
  end: number;
  /** The two halves of the last varint, unsigned. */
  low = 0;
  high = 0;

  constructor(message: Uint8Array) {
    this.bytes = Buffer.isBuffer(message)
      ? message
      : Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    this.pos = 0;
    this.end = message.length;
  }

  /** Takes the key of the next field, which is its number times 8 plus the wire type; 0 at the end of the message. */
  key(): number {
    if (this.pos === this.end) return 0;
    const start = this.pos;
    this.varint();
    if (this.high !== 0 || this.low < 8) throw this.malformed('expected a field number from 1 to 2^29 - 1', start);
    return this.low;
  }

  /**
   * Takes the key of the next field from 1 to `last`, all of which are delimited, and passes over those beyond; returns the field's number,
   * 0 at the end of the message.
   */
  delimitedField(last: number): number {
    for (let key = this.key(); key !== 0; key = this.key()) {
      const field = key >>> 3;
      if (field <= last) {
        this.expect(key, DELIMITED);
        return field;
      }
      this.skip(key);
    }
    return 0;
  }

  /** Takes a varint into {@link low} and {@link high}. */
  varint(): void {
    const { bytes, pos, end } = this;
    const first = bytes[pos] as number;
    if (pos < end && first < 0x80) {
      this.low = first;
      this.high = 0;
      this.pos = pos + 1;
      return;
    }
    const second = bytes[pos + 1] as number;
    if (pos + 1 < end && second < 0x80) {
      this.low = (first & 0x7f) | (second << 7);
      this.high = 0;
      this.pos = pos + 2;
      return;
    }
    this.#longVarint();
  }

  #longVarint(): void {
    const { bytes, end } = this;
    let { pos } = this;
    let low = 0;
    let high = 0;
    let byte = 0x80;
    for (let shift = 0; shift < 28 && byte >= 0x80 && pos < end; shift += 7) {
      byte = bytes[pos++] as number;
      low |= (byte & 0x7f) << shift;
    }
    if (byte >= 0x80 && pos < end) {
      byte = bytes[pos++] as number;
      // Four bits of this one are the rest of the lower half.
      low |= (byte & 0x7f) << 28;
      high = (byte & 0x7f) >>> 4;
      for (let shift = 3; shift < 32 && byte >= 0x80 && pos < end; shift += 7) {
        byte = bytes[pos++] as number;
        high |= (byte & 0x7f) << shift;
      }
    }
    if (byte >= 0x80) {
      const long = pos - this.pos === MAX_VARINT_BYTES;
      const text = long
        ? `a varint of at most ${MAX_VARINT_BYTES} bytes, got more`
        : 'the rest of a varint, got the end';
      throw this.malformed(`expected ${text}`);
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
    this.pos = pos;
  }

  /** Takes a varint as int64; bigint beyond 2^53. */
  int64(): number | bigint {
    this.varint();
    const value = (this.high | 0) * TWO_TO_32 + this.low;
    return Number.isSafeInteger(value) ? value : (BigInt(this.high | 0) << 32n) + BigInt(this.low);
  }

  /** Takes a varint as uint64; bigint beyond 2^53. */
  uint64(): number | bigint {
    this.varint();
    const value = this.high * TWO_TO_32 + this.low;
    return Number.isSafeInteger(value) ? value : (BigInt(this.high) << 32n) + BigInt(this.low);
  }

  float(): number {
    const { pos } = this;
    this.#advance(4);
    return this.bytes.readFloatLE(pos);
  }

  double(): number {
    const { pos } = this;
    this.#advance(8);
    return this.bytes.readDoubleLE(pos);
  }

  /** Takes the length of a delimited field and checks that so much is left. */
  length(): number {
    const start = this.pos;
    this.varint();
    const left = this.end - this.pos;
    if (this.high !== 0 || this.low > left) {
      const length = this.high * TWO_TO_32 + this.low;
      throw this.malformed(`a length says ${length} bytes, but only ${left} are left`, start);
    }
    return this.low;
  }

  /** Takes a delimited field as a view. */
  view(): Uint8Array {
    const length = this.length();
    const start = this.pos;
    this.pos = start + length;
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + start, length);
  }

  /** Takes a string, which must be UTF-8. */
  string(): string {
    const length = this.length();
    const start = this.pos;
    this.pos = start + length;
    for (let at = start; at < this.pos; at++) {
      if ((this.bytes[at] as number) >= 0x80) return this.#utf8(start);
    }
    return this.bytes.toString('latin1', start, this.pos);
  }

  #utf8(start: number): string {
    if (isUtf8(this.bytes.subarray(start, this.pos))) return this.bytes.toString('utf8', start, this.pos);
    throw this.malformed('expected a string in UTF-8', start);
  }

  /** Takes a string that has most likely been seen before. */
  name(): string {
    const { bytes } = this;
    const keyPos = this.pos;
    const length = this.length();
    const start = this.pos;
    const slot = length > MAX_NAME_LENGTH ? -1 : hash(bytes, start, start + length);
    const known = names[slot];
    if (known?.length === length && isAt(known, bytes, start)) {
      this.pos = start + length;
      return known;
    }
    this.pos = keyPos;
    const name = this.string();
    if (slot >= 0 && name.length === length) names[slot] = name;
    return name;
  }

  /** Narrows the reader to a nested message; returns what {@link leave} needs. */
  enter(): number {
    const outer = this.end;
    const length = this.length();
    this.end = this.pos + length;
    return outer;
  }

  leave(outer: number): void {
    this.end = outer;
  }

  /** Passes over the value of a field that nobody knows. */
  skip(key: number): void {
    switch (key & 7) {
      case VARINT:
        this.varint();
        break;
      case FIXED64:
        this.#advance(8);
        break;
      case DELIMITED:
        this.#advance(this.length());
        break;
      case FIXED32:
        this.#advance(4);
        break;
      default:
        throw this.malformed(`field ${key >>> 3}: wire type ${key & 7} is not supported`);
    }
  }

  /** The wire type of a known field must be the one that its type has. */
  expect(key: number, wireType: number): void {
    if ((key & 7) === wireType) return;
    const got = WIRE_TYPES[key & 7] ?? `wire type ${key & 7}`;
    throw this.malformed(`field ${key >>> 3}: expected ${WIRE_TYPES[wireType]}, got ${got}`);
  }

  #advance(count: number): void {
    if (count > this.end - this.pos) {
      throw this.malformed(`expected ${count} bytes, got ${this.end - this.pos}`);
    }
    this.pos += count;
  }

  malformed(text: string, at = this.pos): MillraceError {
    return invalidArgument(`request: malformed protobuf at byte ${at}: ${text}`);
  }
}

function hash(bytes: Buffer, start: number, end: number): number {
  let value = end - start;
  for (let at = start; at < end; at++) value = (value * 31 + (bytes[at] as number)) | 0;
  return (value >>> 0) % NAME_SLOTS;
}

/** Whether the ASCII text stands there; the caller has compared lengths. */
function isAt(text: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
