/** A tensor in the wire's packed little-endian form; written for the suites alone, so that they check the server's own. */
export interface WireTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: Buffer;
}

/** Bytes of one element by datatype; BYTES elements carry their own length. */
const SIZES: Readonly<Record<string, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BF16: 2,
};

export function isFloat(datatype: string): boolean {
  return datatype.startsWith('FP') || datatype === 'BF16';
}

/** Triton has no JSON form of these as outputs. */
export function isBinaryOnly(datatype: string): boolean {
  return datatype === 'FP16' || datatype === 'BF16';
}

export type Element = number | bigint | boolean | string;

/** The elements one by one; BYTES as Latin-1, so that no byte is lost. */
export function elementsOf({ datatype, data }: WireTensor): Element[] {
  if (datatype === 'BYTES') return stringsOf(data);
  const size = SIZES[datatype];
  if (size === undefined) throw new Error(`no such datatype: ${datatype}`);
  const read = readerOf(datatype, data);
  return Array.from({ length: data.length / size }, (_, index) => read(index * size));
}

function readerOf(datatype: string, data: Buffer): (offset: number) => Element {
  switch (datatype) {
    case 'BOOL':
      return (offset) => data[offset] !== 0;
    case 'UINT8':
      return (offset) => data.readUInt8(offset);
    case 'UINT16':
      return (offset) => data.readUInt16LE(offset);
    case 'UINT32':
      return (offset) => data.readUInt32LE(offset);
    case 'UINT64':
      return (offset) => data.readBigUInt64LE(offset);
    case 'INT8':
      return (offset) => data.readInt8(offset);
    case 'INT16':
      return (offset) => data.readInt16LE(offset);
    case 'INT32':
      return (offset) => data.readInt32LE(offset);
    case 'INT64':
      return (offset) => data.readBigInt64LE(offset);
    case 'FP16':
      return (offset) => halfToNumber(data.readUInt16LE(offset));
    case 'BF16':
      return (offset) => bfloat16ToNumber(data.readUInt16LE(offset));
    case 'FP64':
      return (offset) => data.readDoubleLE(offset);
    default:
      return (offset) => data.readFloatLE(offset);
  }
}

function stringsOf(data: Buffer): string[] {
  const elements: string[] = [];
  for (let offset = 0; offset < data.length; ) {
    const length = data.readUInt32LE(offset);
    elements.push(data.toString('latin1', offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return elements;
}

/** The packed form of BYTES elements. */
export function packStrings(elements: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    elements.flatMap((element) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(element.length);
      return [length, element];
    }),
  );
}

function halfToNumber(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function bfloat16ToNumber(bits: number): number {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt16LE(bits, 2);
  return buffer.readFloatLE();
}
