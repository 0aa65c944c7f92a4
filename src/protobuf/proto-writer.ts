import { DELIMITED, FIXED32, FIXED64, VARINT } from './proto-reader.js';

const FIRST_BYTES = 16_384;
const MAX_VARINT_BYTES = 10;
/** Room before a message for the key and the length that wrap it in another one. */
const HEAD_BYTES = 1 + MAX_VARINT_BYTES;
/** Shorter data is copied into the text around it: one more piece to write costs more than that. */
const MIN_PIECE_BYTES = 4_096;
const TWO_TO_32 = 2 ** 32;

/** The encoding of a message, in pieces that follow each other. */
export type MessagePieces = readonly Uint8Array[];

/**
 * The protobuf encoding of a message under construction, one at a time. It begins in a buffer that the next one uses
 * again, and moves to one of its own when it outgrows that.
 */
export class ProtoWriter {
  readonly #scratch = Buffer.allocUnsafeSlow(FIRST_BYTES);
  readonly #cuts: number[] = [];
  readonly #pieces: Uint8Array[] = [];
  #bytes = this.#scratch;
  #length = HEAD_BYTES;
  #piecesBytes = 0;

  reset(): void {
    this.#bytes = this.#scratch;
    this.#length = HEAD_BYTES;
    this.#cuts.length = 0;
    this.#pieces.length = 0;
    this.#piecesBytes = 0;
  }

  /** Makes room for `sizeBytes` more. */
  #reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }

  /** Writes an unsigned varint of at most 2^53. */
  varint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    this.#length = putVarint(this.#bytes, this.#length, value);
  }

  /** Writes a 64-bit integer, signed or unsigned. */
  bigVarint(value: bigint): void {
    this.#reserve(MAX_VARINT_BYTES);
    let rest = BigInt.asUintN(64, value);
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#length++] = Number(rest);
  }

  /** Writes bytes as they are, encoded before. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes a string field, even an empty one. */
  string(field: number, text: string): void {
    const mark = this.begin(field);
    this.#reserve(text.length);
    const { length } = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < text.length && at < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) {
        this.#reserve(3 * text.length);
        at = this.#length + this.#bytes.write(text, this.#length);
        break;
      }
      this.#bytes[at++] = code;
    }
    this.#length = at;
    this.end(mark);
  }

  boolean(field: number, value: boolean): void {
    this.varint(field * 8 + VARINT);
    this.varint(value ? 1 : 0);
  }

  double(field: number, value: number): void {
    this.varint(field * 8 + FIXED64);
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  float(field: number, value: number): void {
    this.varint(field * 8 + FIXED32);
    this.#reserve(4);
    this.#length = this.#bytes.writeFloatLE(value, this.#length);
  }

  /** Writes a bytes field without copying what is long. */
  data(field: number, data: Uint8Array): void {
    this.varint(field * 8 + DELIMITED);
    this.varint(data.length);
    if (data.length < MIN_PIECE_BYTES) {
      this.raw(data);
      return;
    }
    this.#cuts.push(this.#length);
    this.#pieces.push(data);
    this.#piecesBytes += data.length;
  }

  /** Opens a field with something nested in it; `end` takes what this returns. */
  begin(field: number): number {
    this.varint(field * 8 + DELIMITED);
    this.#reserve(1);
    return this.#length++;
  }

  end(mark: number): void {
    let length = this.#length - mark - 1;
    // Long data in it stands elsewhere.
    let inside = this.#cuts.length;
    while (inside > 0 && (this.#cuts[inside - 1] as number) > mark) {
      length += (this.#pieces[--inside] as Uint8Array).length;
    }
    if (length < 0x80) {
      this.#bytes[mark] = length;
      return;
    }
    // Room was made for a length of one byte, which is nearly always enough.
    this.#reserve(MAX_VARINT_BYTES);
    const lengthBytes = varintBytes(length);
    this.#bytes.copyWithin(mark + lengthBytes, mark + 1, this.#length);
    putVarint(this.#bytes, mark, length);
    this.#length += lengthBytes - 1;
    for (let cut = inside; cut < this.#cuts.length; cut++)
      this.#cuts[cut] = (this.#cuts[cut] as number) + lengthBytes - 1;
  }

  /** The message; the writer may be used again. */
  finish(): MessagePieces {
    return this.#cutOut(HEAD_BYTES);
  }

  /** A message that has this one as its only field. */
  finishWrapped(field: number): MessagePieces {
    const size = this.#length - HEAD_BYTES + this.#piecesBytes;
    const start = HEAD_BYTES - varintBytes(size) - 1;
    this.#bytes[start] = field * 8 + DELIMITED;
    putVarint(this.#bytes, start + 1, size);
    return this.#cutOut(start);
  }

  #cutOut(start: number): MessagePieces {
    const bytes = Buffer.allocUnsafe(this.#length - start);
    this.#bytes.copy(bytes, 0, start, this.#length);
    if (this.#pieces.length === 0) return [bytes];
    const message: Uint8Array[] = [];
    let from = 0;
    for (const [index, cut] of this.#cuts.entries()) {
      message.push(bytes.subarray(from, cut - start), this.#pieces[index] as Uint8Array);
      from = cut - start;
    }
    if (from < bytes.length) message.push(bytes.subarray(from));
    this.#pieces.length = 0;
    return message;
  }
}

function putVarint(bytes: Buffer, at: number, value: number): number {
  let rest = value;
  let pos = at;
  // Bit operations are for 32 bits only.
  while (rest >= TWO_TO_32) {
    bytes[pos++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  for (; rest > 0x7f; rest >>>= 7) bytes[pos++] = (rest & 0x7f) | 0x80;
  bytes[pos++] = rest;
  return pos;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}
