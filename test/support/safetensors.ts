/** A tensor of a file: its type as the format names it, its shape and its bytes. */
export interface WrittenTensor {
  readonly dtype: 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I8';
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A file of Hugging Face's format safetensors. */
export function buildSafetensors(tensors: Readonly<Record<string, WrittenTensor>>): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...Object.values(tensors).map(({ data }) => data)]);
}
