/** Where the first entry of metadata begins: behind magic, version and the numbers of tensors and entries. */
const ENTRIES_AT = 24;
const ENTRY_COUNT_AT = 16;
const UINT32 = 4;
const STRING = 8;
/** Of tensors, whose places count from the end of all metadata. */
const ALIGNMENT = 32;

/** A GGUF file with more metadata. */
export function withMetadata(file: Buffer, numbers: Readonly<Record<string, number>>): Buffer {
  const entries = Object.entries(numbers).map(([name, value]) =>
    Buffer.concat([text(name), uint32(UINT32), uint32(value)]),
  );
  const size = entries.reduce((sum, { length }) => sum + length, 0);
  const empty = Buffer.concat([text('test.filler'), uint32(STRING)]);
  const filler = ALIGNMENT - ((size + empty.length + 8) % ALIGNMENT);
  const head = Buffer.from(file.subarray(0, ENTRIES_AT));
  head.writeBigUInt64LE(head.readBigUInt64LE(ENTRY_COUNT_AT) + BigInt(entries.length + 1), ENTRY_COUNT_AT);
  return Buffer.concat([head, ...entries, empty, text('x'.repeat(filler)), file.subarray(ENTRIES_AT)]);
}

function text(value: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([length, Buffer.from(value)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
