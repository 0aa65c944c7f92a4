/** Where the first entry of metadata begins: behind magic, version and the numbers of tensors and entries. */
const ENTRIES_AT = 24;
const ENTRY_COUNT_AT = 16;
const MAGIC = 'GGUF';
const VERSION = 3;
/** Types of metadata. */
const UINT32 = 4;
const INT32 = 5;
const FLOAT32 = 6;
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;
/** Of tensors, whose places count from the end of all metadata. */
const ALIGNMENT = 32;

/** A value of metadata: integers are uint32, and those of arrays int32. */
export type GgufEntry = number | string | boolean | { readonly float: number } | readonly string[] | readonly number[];

/** Of 32-bit floats; dimensions as ggml has them, the fastest first. */
export interface GgufTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A GGUF file (version 3). */
export function buildGguf(
  metadata: Readonly<Record<string, GgufEntry>>,
  tensors: Readonly<Record<string, GgufTensor>>,
): Buffer {
  let offset = 0;
  const infos = Object.entries(tensors).map(([name, { dims, data }]) => {
    const info = [text(name), uint32(dims.length), ...dims.map(uint64), uint32(0), uint64(offset)];
    offset += padded(data.byteLength);
    return Buffer.concat(info);
  });
  const head = Buffer.concat([
    Buffer.from(MAGIC),
    uint32(VERSION),
    uint64(infos.length),
    uint64(Object.keys(metadata).length),
    ...Object.entries(metadata).map(([name, value]) => Buffer.concat([text(name), entry(value)])),
    ...infos,
  ]);
  const data = Object.values(tensors).map((tensor) =>
    aligned(Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength)),
  );
  return Buffer.concat([aligned(head), ...data]);
}

/** A GGUF file with more metadata. */
export function withMetadata(file: Buffer, entries: Readonly<Record<string, GgufEntry>>): Buffer {
  const more = Object.entries(entries).map(([name, value]) => Buffer.concat([text(name), entry(value)]));
  const size = more.reduce((sum, { length }) => sum + length, 0);
  const empty = Buffer.concat([text('test.filler'), uint32(STRING)]);
  const filler = ALIGNMENT - ((size + empty.length + 8) % ALIGNMENT);
  const head = Buffer.from(file.subarray(0, ENTRIES_AT));
  head.writeBigUInt64LE(head.readBigUInt64LE(ENTRY_COUNT_AT) + BigInt(more.length + 1), ENTRY_COUNT_AT);
  return Buffer.concat([head, ...more, empty, text('x'.repeat(filler)), file.subarray(ENTRIES_AT)]);
}

function entry(value: GgufEntry): Buffer {
  if (typeof value === 'number') return Buffer.concat([uint32(UINT32), uint32(value)]);
  if (typeof value === 'boolean') return Buffer.concat([uint32(BOOL), Buffer.of(value ? 1 : 0)]);
  if (typeof value === 'string') return Buffer.concat([uint32(STRING), text(value)]);
  if ('float' in value) return Buffer.concat([uint32(FLOAT32), float32(value.float)]);
  const isText = typeof value[0] === 'string';
  const elements = value.map((each) => (typeof each === 'string' ? text(each) : int32(each)));
  return Buffer.concat([uint32(ARRAY), uint32(isText ? STRING : INT32), uint64(value.length), ...elements]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function padded(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

function aligned(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]);
}
