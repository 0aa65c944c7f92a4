import {
  bytesOf,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  invalidArgument,
  MillraceError,
  packBytes,
} from '../../core/index.js';

/** An array of a `.npy` file in the raw encoding of its datatype. */
export interface NpyArray {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const DATATYPE_OF_KIND: Readonly<Record<string, Datatype>> = {
  b1: 'BOOL',
  u1: 'UINT8',
  u2: 'UINT16',
  u4: 'UINT32',
  u8: 'UINT64',
  i1: 'INT8',
  i2: 'INT16',
  i4: 'INT32',
  i8: 'INT64',
  f2: 'FP16',
  f4: 'FP32',
  f8: 'FP64',
};

const MAGIC = '\x93NUMPY';

/**
 * Reads NumPy's format, versions 1 to 3: little- and big-endian numbers, booleans and text, in C or Fortran order.
 * Throws `invalid_argument` that names `file`.
 */
export function parseNpy(bytes: Uint8Array, file: string): NpyArray {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString('latin1', 0, 6) !== MAGIC || buffer.length < 12) throw invalid(file, 'is not a .npy file');
  const long = (buffer[6] ?? 0) > 1;
  const start = long ? 12 : 10;
  const end = start + (long ? buffer.readUInt32LE(8) : buffer.readUInt16LE(8));
  const header = buffer.toString('latin1', start, end);
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const dims = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1];
  if (descr === undefined || dims === undefined || end > buffer.length) throw invalid(file, 'has a broken header');
  const shape = dims.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  const elements = readElements(buffer.subarray(end), { descr, count: elementCount(shape), file });
  if (/'fortran_order':\s*True/.test(header) && shape.length > 1) {
    return { ...elements, shape, data: toRowMajor(elements, shape, file) };
  }
  return { ...elements, shape };
}

interface Elements {
  readonly datatype: Datatype;
  readonly data: Uint8Array;
}

function readElements(
  body: Buffer,
  { descr, count, file }: { readonly descr: string; readonly count: number; readonly file: string },
): Elements {
  const [, order = '', kind = '', width = ''] = /^([<>|=])([a-zA-Z])(\d+)$/.exec(descr) ?? [];
  const sizeBytes = kind === 'U' ? 4 * Number(width) : Number(width);
  const expected = count * sizeBytes;
  if (body.length < expected) throw invalid(file, `holds ${body.length} bytes of data, its header says ${expected}`);
  const data = body.subarray(0, expected);
  if (kind === 'U' || kind === 'S') {
    const texts = Array.from({ length: count }, (_, index) =>
      readText(data.subarray(index * sizeBytes, (index + 1) * sizeBytes), { kind, bigEndian: order === '>' }),
    );
    return { datatype: 'BYTES', data: packBytes(texts) };
  }
  const datatype = DATATYPE_OF_KIND[kind + width];
  if (datatype === undefined)
    throw invalid(file, `holds '${descr}', which no tensor can; expected bool, int, uint, float or text`);
  if (order !== '>' || sizeBytes === 1) return { datatype, data };
  return { datatype, data: reverseEach(data, sizeBytes) };
}

/** Fixed-width text without its padding of zeros, as UTF-8. */
function readText(
  bytes: Buffer,
  { kind, bigEndian }: { readonly kind: 'U' | 'S'; readonly bigEndian: boolean },
): Uint8Array {
  if (kind === 'S') {
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    return bytes.subarray(0, end);
  }
  const codes = Array.from({ length: bytes.length / 4 }, (_, index) =>
    bigEndian ? bytes.readUInt32BE(index * 4) : bytes.readUInt32LE(index * 4),
  );
  return Buffer.from(String.fromCodePoint(...codes.filter((code) => code !== 0)));
}

function reverseEach(data: Buffer, sizeBytes: number): Buffer {
  const swapped = Buffer.from(data);
  for (let offset = 0; offset < swapped.length; offset += sizeBytes)
    swapped.subarray(offset, offset + sizeBytes).reverse();
  return swapped;
}

function toRowMajor({ datatype, data }: Elements, shape: readonly number[], file: string): Uint8Array {
  if (datatype === 'BYTES') throw invalid(file, 'holds text in Fortran order; save it in C order');
  const sizeBytes = ELEMENT_SIZE_BYTES[datatype];
  const ordered = new Uint8Array(data.length);
  const index = new Array<number>(shape.length).fill(0);
  for (let target = 0; target < data.length; target += sizeBytes) {
    let source = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--)
      source = source * (shape[axis] as number) + (index[axis] as number);
    ordered.set(data.subarray(source * sizeBytes, (source + 1) * sizeBytes), target);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return ordered;
}

const DESCR_OF_DATATYPE: Readonly<Partial<Record<Datatype, string>>> = Object.fromEntries(
  Object.entries(DATATYPE_OF_KIND).map(([kind, datatype]) => [datatype, `${kind.endsWith('1') ? '|' : '<'}${kind}`]),
);

/** A numeric array as a `.npy` file, version 1; `unimplemented` for BYTES and BF16, which the format has no word for. */
export function formatNpy({ datatype, shape, data }: NpyArray): Uint8Array {
  const descr = DESCR_OF_DATATYPE[datatype];
  if (descr === undefined) throw new MillraceError('unimplemented', `a .npy file cannot hold ${datatype}`);
  const size = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${size}), }`;
  // The data begins at a multiple of 64 bytes, behind a line break.
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11);
  const head = Buffer.alloc(10);
  head.write(MAGIC, 'latin1');
  head[6] = 1;
  head.writeUInt16LE(padded.length + 1, 8);
  return Buffer.concat([head, Buffer.from(`${padded}\n`), bytesOf(data)]);
}

function invalid(file: string, problem: string): MillraceError {
  return invalidArgument(`${file} ${problem}`);
}
