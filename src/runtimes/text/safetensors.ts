import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { decodeElements, invalidArgument } from '../../core/index.js';

/** Names, types and places of a few tensors; a file may hold many, and this reads files that hold one or two. */
const MAX_HEADER_BYTES = 16_777_216;
/** As many are read at once. */
const MAX_TENSOR_BYTES = 2_147_483_647;
/** Of the file, and no tensor. */
const METADATA = '__metadata__';
const DATATYPES = { F64: 'FP64', F32: 'FP32', F16: 'FP16', BF16: 'BF16', I64: 'INT64', I32: 'INT32' } as const;
const SIZES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4 } as const;

/** A tensor of a file. */
export interface StoredTensor {
  readonly name: string;
  /** Names of the other tensors of the file. */
  readonly others: readonly string[];
  readonly shape: readonly number[];
  /** Reads its elements, as floats. Rejects with `invalid_argument` where the file is cut. */
  read(): Promise<Float32Array | Float64Array>;
}

interface Entry {
  readonly dtype: keyof typeof DATATYPES;
  readonly shape: readonly number[];
  /** In the file. */
  readonly start: number;
  readonly sizeBytes: number;
}

/**
 * A tensor of numbers in a file of Hugging Face's format safetensors: that of the first of the names which the file has. Rejects with `invalid_argument`
 * for a file that is none, or has none of them.
 */
export async function findTensor(file: string, names: readonly string[]): Promise<StoredTensor> {
  const name = path.basename(file);
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const { header, dataStart } = await readHeader(handle, { name, size });
    const found = names.find((each) => Object.hasOwn(header, each));
    if (found === undefined) throw invalidArgument(`${name} has no tensor '${names.join("' or '")}'`);
    const entry = entryOf(header[found], { name, tensor: found, dataStart, size });
    const others = Object.keys(header).filter((each) => each !== found && each !== METADATA);
    return { name: found, others, shape: entry.shape, read: () => readEntry(file, entry) };
  } finally {
    await handle.close();
  }
}

async function readEntry(
  file: string,
  { dtype, shape, start, sizeBytes }: Entry,
): Promise<Float32Array | Float64Array> {
  const name = path.basename(file);
  const handle = await open(file, 'r');
  try {
    const data = Buffer.alloc(sizeBytes);
    const { bytesRead } = await handle.read(data, 0, sizeBytes, start);
    if (bytesRead < sizeBytes) throw broken(name);
    const elements = decodeElements({ name, datatype: DATATYPES[dtype], shape, data });
    return elements instanceof Float32Array ? elements : Float64Array.from(elements as Iterable<number>, Number);
  } finally {
    await handle.close();
  }
}

async function readHeader(handle: FileHandle, { name, size }: { readonly name: string; readonly size: number }) {
  const first = Buffer.alloc(8);
  const { bytesRead } = await handle.read(first, 0, 8, 0);
  const length = bytesRead < 8 ? 0 : Number(first.readBigUInt64LE(0));
  if (length < 2 || length > MAX_HEADER_BYTES || 8 + length > size) throw broken(name);
  const text = Buffer.alloc(length);
  await handle.read(text, 0, length, 8);
  try {
    const header: unknown = JSON.parse(text.toString());
    if (typeof header !== 'object' || header === null) throw broken(name);
    return { header: header as Readonly<Record<string, unknown>>, dataStart: 8 + length };
  } catch (cause) {
    throw broken(name, cause);
  }
}

interface Place {
  readonly name: string;
  readonly tensor: string;
  readonly dataStart: number;
  /** Bytes of the file. */
  readonly size: number;
}

function entryOf(value: unknown, { name, tensor, dataStart, size }: Place): Entry {
  const { dtype, shape, data_offsets: offsets } = Object(value) as Readonly<Record<string, unknown>>;
  if (typeof dtype !== 'string' || !Object.hasOwn(DATATYPES, dtype)) {
    const types = Object.keys(DATATYPES).join(', ');
    throw invalidArgument(`${name}: tensor '${tensor}' is of type ${dtype}; expected ${types}`);
  }
  const type = dtype as keyof typeof DATATYPES;
  const isCount = (each: unknown) => Number.isSafeInteger(each) && (each as number) >= 0;
  if (!(Array.isArray(shape) && Array.isArray(offsets) && [...shape, ...offsets].every(isCount))) throw broken(name);
  const [start = 0, end = 0] = offsets;
  const sizeBytes = shape.reduce((product: number, each: number) => product * each, SIZES[type]);
  if (end - start !== sizeBytes || dataStart + end > size || sizeBytes > MAX_TENSOR_BYTES) throw broken(name);
  return { dtype: type, shape, start: dataStart + start, sizeBytes };
}

function broken(name: string, cause?: unknown) {
  return invalidArgument(`'${name}' is not a readable safetensors file: it is broken or incomplete`, { cause });
}
