import { type Datatype, ELEMENT_SIZE_BYTES } from '../../../core/index.js';
import { readBooleans } from '../json/booleans.js';
import type { JsonCursor } from '../json/cursor.js';
import type { Elements, Named } from '../json/elements.js';
import { floatAssembly } from '../json/float-assembly.js';
import { FloatReader, MIN_SCANNED } from '../json/float-reader.js';
import { readFloats } from '../json/floats.js';
import { INTEGER_KINDS, readIntegers } from '../json/integers.js';
import { asFloat32s, asInt32s, narrow } from '../json/narrow.js';

/** Takes elements of one tensor from a text, run by run, and packs them; how many come is known at the end only. */
export interface ElementStore {
  /** Elements so far. */
  readonly count: number;
  /** Takes a run, from behind its opening bracket (at least one element follows) to behind the closing one. `expected` = -1: any number. */
  take(cursor: JsonCursor, expected: number): void;
  /** The raw encoding. */
  finish(): Uint8Array;
}

type NumberDatatype = Exclude<Datatype, 'BYTES'>;

/** The shortest text that may have {@link MIN_SCANNED} floats. */
const MIN_SCANNED_BYTES = 512;
const MIN_WIDE_BYTES = 4;

/** The reader of long runs of floats that the tensors of one text share; a thread reads one text at a time. */
export class LongFloats {
  #reader: FloatReader | undefined;

  of(cursor: JsonCursor): FloatReader | undefined {
    const assembly = this.#reader === undefined ? floatAssembly() : undefined;
    if (assembly !== undefined) this.#reader = new FloatReader(assembly, cursor);
    return this.#reader;
  }
}

export interface NumberStoreOptions {
  readonly datatype: NumberDatatype;
  readonly tensor: Named;
  readonly longFloats: LongFloats;
  /** Elements that are expected at least; there is no need to be right. */
  readonly room: number;
}

/** Numbers and booleans, in memory that doubles where it does not do: at most twice what the elements take. */
export class NumberStore implements ElementStore {
  count = 0;
  readonly #options: NumberStoreOptions;
  readonly #wideBytes: number;
  #raw: Buffer;
  #room: number;
  #read: ReadRun;

  constructor(options: NumberStoreOptions) {
    const { datatype, room } = options;
    this.#options = options;
    this.#wideBytes = datatype === 'BOOL' ? 1 : Math.max(ELEMENT_SIZE_BYTES[datatype], MIN_WIDE_BYTES);
    this.#room = room;
    this.#raw = Buffer.allocUnsafe(room * this.#wideBytes);
    this.#read = readInto(this.#raw, options);
  }

  take(cursor: JsonCursor, expected: number): void {
    const start = cursor.pos;
    let end = this.#read(cursor, this.count, expected);
    if (end > this.#room) {
      // What had no room was counted: now there is room for all of it.
      this.#grow(end);
      cursor.pos = start;
      end = this.#read(cursor, this.count, expected);
    }
    this.count = end;
  }

  finish(): Uint8Array {
    return narrow(this.#options.datatype, this.#raw.subarray(0, this.count * this.#wideBytes));
  }

  #grow(needed: number): void {
    this.#room = Math.max(needed, 2 * this.#room);
    const larger = Buffer.allocUnsafe(this.#room * this.#wideBytes);
    larger.set(this.#raw.subarray(0, this.count * this.#wideBytes));
    this.#raw = larger;
    this.#read = readInto(larger, this.#options);
  }
}

type ReadRun = (cursor: JsonCursor, from: number, expected: number) => number;

function readInto(raw: Buffer, { datatype, tensor, longFloats }: NumberStoreOptions): ReadRun {
  switch (datatype) {
    case 'FP32':
    case 'FP16':
    case 'BF16':
      return readFloatsInto({ tensor, out: asFloat32s(raw) }, longFloats);
    case 'FP64':
      return readFloatsInto({ tensor, out: new Float64Array(raw.buffer, raw.byteOffset, raw.length / 8) }, longFloats);
    case 'BOOL': {
      const elements = { tensor, out: raw };
      return (cursor, from) => readBooleans(cursor, elements, from);
    }
    default: {
      const elements = { tensor, out: asInt32s(raw), ...INTEGER_KINDS[datatype] };
      return (cursor, from) => readIntegers(cursor, elements, from);
    }
  }
}

function readFloatsInto(elements: Elements<Float32Array | Float64Array>, longFloats: LongFloats): ReadRun {
  return (cursor, from, expected) => {
    const isLong = expected < 0 ? cursor.end - cursor.pos >= MIN_SCANNED_BYTES : expected >= MIN_SCANNED;
    const reader = isLong ? longFloats.of(cursor) : undefined;
    return reader === undefined ? readFloats(cursor, elements, from) : reader.read(elements, from);
  };
}
