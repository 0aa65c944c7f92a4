import { type Datatype, ELEMENT_SIZE_BYTES } from './datatype.js';
import { invalidArgument, type MillraceError } from './errors.js';
import { toBfloat16Bits, toHalfBits } from './half.js';
import { bytesOf, packBytes, typedView } from './tensor.js';

const DATATYPE_OF_ARRAY: Readonly<Record<string, Datatype>> = {
  Uint8Array: 'UINT8',
  Uint8ClampedArray: 'UINT8',
  Uint16Array: 'UINT16',
  Uint32Array: 'UINT32',
  BigUint64Array: 'UINT64',
  Int8Array: 'INT8',
  Int16Array: 'INT16',
  Int32Array: 'INT32',
  BigInt64Array: 'INT64',
  Float32Array: 'FP32',
  Float64Array: 'FP64',
};

/** Least and greatest value of the integer datatypes that fit a number. */
const RANGES: Readonly<Partial<Record<Datatype, readonly [number, number]>>> = {
  UINT8: [0, 0xff],
  UINT16: [0, 0xffff],
  UINT32: [0, 0xffff_ffff],
  INT8: [-0x80, 0x7f],
  INT16: [-0x8000, 0x7fff],
  INT32: [-0x8000_0000, 0x7fff_ffff],
};

const EMPTY = new Uint8Array(0);

/** The datatype whose elements a typed array holds; undefined for anything else. */
export function arrayDatatype(data: unknown): Datatype | undefined {
  return DATATYPE_OF_ARRAY[arrayKind(data)];
}

/** `Float32Array` …; the tag of its base for subclasses such as Node's Buffer. */
function arrayKind(data: unknown): string {
  return Object.prototype.toString.call(data).slice('[object '.length, -1);
}

/** Elements in the raw encoding of their datatype; a typed array that already is becomes a view, not a copy. */
export function encodeElements(place: string, datatype: Datatype, elements: ArrayLike<unknown>): Uint8Array {
  if (datatype === 'BYTES') {
    return packBytes(Array.from(elements, (element, index) => toBytes(`${place}[${index}]`, element)));
  }
  // FP16 and BF16 in a Uint16Array are raw bits, BOOL in a Uint8Array raw bytes: the array in which core holds them.
  const stored = typedView(datatype, EMPTY);
  if (ArrayBuffer.isView(elements) && arrayKind(elements) === arrayKind(stored)) return bytesOf(elements);
  const data = new Uint8Array(elements.length * ELEMENT_SIZE_BYTES[datatype]);
  const view = typedView(datatype, data);
  const convert = converterOf(datatype);
  for (let index = 0; index < elements.length; index++) {
    const element = convert(elements[index]);
    if (element === undefined) {
      throw invalid(`${place}[${index}]`, `is ${show(elements[index])}, which ${datatype} cannot hold`);
    }
    view[index] = element;
  }
  return data;
}

/** Turns one element into what the typed array of the datatype takes; undefined for what the datatype cannot hold. */
function converterOf(datatype: Exclude<Datatype, 'BYTES'>): (element: unknown) => number | bigint | undefined {
  switch (datatype) {
    case 'BOOL':
      return (element) => (element === true || element === 1 ? 1 : element === false || element === 0 ? 0 : undefined);
    case 'INT64':
    case 'UINT64':
      return (element) => toInteger64(datatype, element);
    case 'FP16':
      return (element) => (typeof element === 'number' ? toHalfBits(element) : undefined);
    case 'BF16':
      return (element) => (typeof element === 'number' ? toBfloat16Bits(element) : undefined);
    case 'FP32':
    case 'FP64':
      return (element) => (typeof element === 'number' ? element : undefined);
    case 'UINT8':
    case 'UINT16':
    case 'UINT32':
    case 'INT8':
    case 'INT16':
    case 'INT32': {
      const [least, greatest] = RANGES[datatype] ?? [0, 0];
      return (element) => {
        const number = typeof element === 'bigint' ? Number(element) : element;
        const fits = Number.isInteger(number) && (number as number) >= least && (number as number) <= greatest;
        return fits ? (number as number) : undefined;
      };
    }
    default:
      return datatype satisfies never;
  }
}

function toInteger64(datatype: 'INT64' | 'UINT64', element: unknown): bigint | undefined {
  if (typeof element === 'number' && !Number.isSafeInteger(element)) return undefined;
  if (typeof element !== 'number' && typeof element !== 'bigint') return undefined;
  const value = BigInt(element);
  const wrapped = datatype === 'INT64' ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
  return wrapped === value ? value : undefined;
}

function toBytes(place: string, element: unknown): Uint8Array {
  if (typeof element === 'string') return new TextEncoder().encode(element);
  if (element instanceof Uint8Array) return element;
  throw invalid(place, `is ${show(element)}, not a string or Uint8Array`);
}

function show(element: unknown): string {
  if (typeof element === 'string') return `'${element.slice(0, 40)}'`;
  return typeof element === 'bigint' ? `${element}n` : String(element);
}

function invalid(place: string, problem: string): MillraceError {
  return invalidArgument(`${place} ${problem}`);
}
