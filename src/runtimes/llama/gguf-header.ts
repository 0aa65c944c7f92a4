import { open } from 'node:fs/promises';

/** A value of the metadata; of arrays of numbers the numbers, of other arrays their length. */
export type GgufValue = number | string | readonly number[] | { readonly length: number };

const MAGIC = 0x46554747;
const FIRST_READ_BYTES = 1_048_576;
/** Metadata with a large vocabulary takes some megabytes. */
const MAX_READ_BYTES = 16_777_216;
const MAX_ENTRIES = 65_536;
/** Names of tensors that are kept. */
const MAX_TENSORS = 65_536;
const TENSOR_DIMENSION_BYTES = 8;
/** Behind the dimensions of a tensor: its type and its place. */
const TENSOR_END_BYTES = 12;
/** Arrays of numbers that are kept: one number for each layer. */
const MAX_NUMBERS = 4_096;

const STRING = 8;
const ARRAY = 9;
/** Bytes of a value, by type. */
const SIZES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 };

/** What stands before the weights in a GGUF file. */
export interface GgufHeader {
  /** The metadata by key. */
  readonly values: ReadonlyMap<string, GgufValue>;
  /** Names of the tensors. */
  readonly tensors: ReadonlySet<string>;
}

/** Of a file that cannot be read, or is none. */
export const NO_HEADER: GgufHeader = { values: new Map(), tensors: new Set() };

/** The header of a GGUF file as far as it can be read; undefined = it is none. Rejects where the file cannot be read. */
export async function readGgufHeader(file: string): Promise<GgufHeader | undefined> {
  const handle = await open(file, 'r');
  try {
    for (let size = FIRST_READ_BYTES; ; size = Math.min(size * 4, MAX_READ_BYTES)) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size), 0, size, 0);
      const { header, isWhole } = parseGgufHeader(buffer.subarray(0, bytesRead));
      if (isWhole || bytesRead < size || size === MAX_READ_BYTES) return header;
    }
  } finally {
    await handle.close();
  }
}

interface ParsedHeader {
  /** undefined = these are not the first bytes of a GGUF file. */
  readonly header: GgufHeader | undefined;
  /** Nothing of the header lies behind these bytes. */
  readonly isWhole: boolean;
}

/** The header in the first bytes of a GGUF file (versions 2 and 3). Never throws. */
export function parseGgufHeader(bytes: Buffer): ParsedHeader {
  if (bytes.length < 24 || bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(4) < 2) {
    return { header: undefined, isWhole: true };
  }
  const reader = new Reader(bytes, 8);
  const tensorCount = Math.min(reader.length(), MAX_TENSORS);
  const entries = Math.min(reader.length(), MAX_ENTRIES);
  const values = new Map<string, GgufValue>();
  const tensors = new Set<string>();
  const header = { values, tensors };
  for (let entry = 0; entry < entries; entry++) {
    const name = reader.text();
    const value = name === undefined ? undefined : reader.value(reader.uint32());
    if (name === undefined || value === undefined) return { header, isWhole: false };
    // Like llama.cpp, which takes the first of a name.
    if (!values.has(name)) values.set(name, value);
  }
  for (let tensor = 0; tensor < tensorCount; tensor++) {
    const name = reader.text();
    if (name === undefined) return { header, isWhole: false };
    tensors.add(name);
    if (!reader.skip(reader.uint32() * TENSOR_DIMENSION_BYTES + TENSOR_END_BYTES)) return { header, isWhole: false };
  }
  return { header, isWhole: true };
}

/** Reads forwards; everything is undefined, or NaN, from the end of the bytes on. */
class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  uint32(): number {
    return this.#has(4) ? this.#bytes.readUInt32LE(this.#skip(4)) : Number.NaN;
  }

  length(): number {
    return this.#has(8) ? Number(this.#bytes.readBigUInt64LE(this.#skip(8))) : Number.NaN;
  }

  text(): string | undefined {
    const length = this.length();
    if (!this.#has(length)) return undefined;
    const start = this.#skip(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  /** False where there are fewer bytes. */
  skip(size: number): boolean {
    if (!this.#has(size)) return false;
    this.#skip(size);
    return true;
  }

  value(type: number): GgufValue | undefined {
    if (type === STRING) return this.text();
    if (type === ARRAY) return this.#array();
    const size = SIZES[type];
    if (size === undefined || !this.#has(size)) return undefined;
    return this.#number(type, this.#skip(size));
  }

  #array(): GgufValue | undefined {
    const type = this.uint32();
    const length = this.length();
    if (type === STRING) return this.#texts(length);
    const size = SIZES[type];
    if (size === undefined || !this.#has(size * length)) return undefined;
    const start = this.#skip(size * length);
    if (length > MAX_NUMBERS) return { length };
    return Array.from({ length }, (_, index) => this.#number(type, start + index * size));
  }

  #texts(length: number): GgufValue | undefined {
    for (let index = 0; index < length; index++) {
      const size = this.length();
      if (!this.#has(size)) return undefined;
      this.#skip(size);
    }
    return Number.isNaN(length) ? undefined : { length };
  }

  #number(type: number, at: number): number {
    const bytes = this.#bytes;
    switch (type) {
      case 1:
        return bytes.readInt8(at);
      case 2:
        return bytes.readUInt16LE(at);
      case 3:
        return bytes.readInt16LE(at);
      case 4:
        return bytes.readUInt32LE(at);
      case 5:
        return bytes.readInt32LE(at);
      case 6:
        return bytes.readFloatLE(at);
      case 10:
        return Number(bytes.readBigUInt64LE(at));
      case 11:
        return Number(bytes.readBigInt64LE(at));
      case 12:
        return bytes.readDoubleLE(at);
      default:
        return bytes.readUInt8(at);
    }
  }

  #has(size: number): boolean {
    return size >= 0 && this.#at + size <= this.#bytes.length;
  }

  /** The position before. */
  #skip(size: number): number {
    this.#at += size;
    return this.#at - size;
  }
}
