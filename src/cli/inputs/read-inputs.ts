import { extname } from 'node:path';
import { type ExplicitTensor, type InputValue, parseWireJson, type TensorMetadata } from '../../client/index.js';
import {
  bytesElements,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  formatTensorType,
  MillraceError,
  typedView,
} from '../../core/index.js';
import type { ImageConfig } from '../../repository/index.js';
import { readBytes, readText } from '../files.js';
import { decodePicture, isPicture } from '../image/decode.js';
import { pictureToTensor } from '../image/to-tensor.js';
import type { InputFlag } from './input-flags.js';
import { parseNpy } from './npy.js';

export interface InputSources {
  readonly flags: readonly InputFlag[];
  /** A request body of the protocol as JSON; `-` = the standard input. */
  readonly requestFile: string | undefined;
  /** Full shapes by input name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** What to put into inputs that no flag names; undefined = leave them out. */
  readonly fill: 'zero' | 'random' | undefined;
  readonly cwd: string;
  readonly readStdin: () => Promise<Uint8Array>;
  /** The `image` sections of the model's inputs by name. */
  readonly images: Readonly<Record<string, ImageConfig>>;
}

export type InputValues = Readonly<Record<string, InputValue>>;

/** Reads everything that the flags name as values for the model's inputs. Throws `invalid_argument`. */
export async function readInputs(specs: readonly TensorMetadata[], sources: InputSources): Promise<InputValues> {
  const values: Record<string, InputValue> =
    sources.requestFile === undefined ? {} : await readRequest(sources.requestFile, sources);
  for (const flag of sources.flags) {
    const spec = specOf(specs, flag.name);
    if (spec.name in values) throw new MillraceError('invalid_argument', `input '${spec.name}' is given twice`);
    values[spec.name] = await readValue(spec, flag, sources);
  }
  if (sources.fill === undefined) return values;
  const missing = specs.filter((spec) => !(spec.name in values));
  return { ...values, ...Object.fromEntries(missing.map((spec) => [spec.name, fill(spec, sources)])) };
}

interface WireInput {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: unknown;
}

/** The inputs of `{"inputs":[{"name","shape","datatype","data"}]}`. */
async function readRequest(path: string, sources: InputSources): Promise<Record<string, InputValue>> {
  const request = parseJson(await readText(sources, path), path);
  const { inputs } = (request ?? {}) as { readonly inputs?: readonly Partial<WireInput>[] };
  const whole = Array.isArray(inputs) ? inputs.filter(isWireInput) : [];
  if (!Array.isArray(inputs) || whole.length < inputs.length) {
    throw new MillraceError('invalid_argument', `${path}: expected {"inputs":[{"name","shape","datatype","data"}]}`);
  }
  // Elements that are none of their datatype are found by the client, which names the place.
  return Object.fromEntries(
    whole.map(({ name, datatype, shape, data }) => [
      name,
      { datatype, shape, data: readNumbers(data, datatype) as ExplicitTensor['data'] },
    ]),
  );
}

function isWireInput(input: Partial<WireInput>): input is WireInput {
  return (
    [input.name, input.datatype].every((text) => typeof text === 'string') &&
    Array.isArray(input.shape) &&
    Array.isArray(input.data)
  );
}

function parseJson(text: string, path: string): unknown {
  try {
    return parseWireJson(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError('invalid_argument', `${path} is not JSON: ${reason}`, { cause });
  }
}

function specOf(specs: readonly TensorMetadata[], name: string | undefined): TensorMetadata {
  const known = specs.map((spec) => `'${spec.name}'`).join(', ');
  const spec = name === undefined ? specs[0] : specs.find((candidate) => candidate.name === name);
  if (name === undefined && specs.length !== 1) {
    throw new MillraceError('invalid_argument', `the model has several inputs (${known}): say NAME=VALUE`);
  }
  if (spec === undefined) {
    throw new MillraceError('invalid_argument', `the model has no input '${name}'; its inputs are ${known}`);
  }
  return spec;
}

async function readValue(spec: TensorMetadata, { source }: InputFlag, sources: InputSources): Promise<InputValue> {
  if (source.kind === 'text') return withShape(spec, parseText(spec, source.text), sources);
  const bytes = await readBytes(sources, source.path);
  if (source.picture || (spec.datatype !== 'BYTES' && isPicture(bytes))) {
    const { data, shape } = pictureToTensor(decodePicture(bytes, source.path), spec, sources.images[spec.name] ?? {});
    return { data, shape, datatype: spec.datatype };
  }
  const extension = extname(source.path).toLowerCase();
  if (extension === '.npy') {
    const array = parseNpy(bytes, source.path);
    return {
      shape: sources.shapes[spec.name] ?? array.shape,
      datatype: array.datatype,
      data: elementsOf(array.datatype, array.data),
    };
  }
  if (extension === '.json') return withShape(spec, parseText(spec, new TextDecoder().decode(bytes)), sources);
  if (spec.datatype === 'BYTES') return withShape(spec, [bytes], sources);
  return withShape(spec, elementsOf(spec.datatype, rawBytes(spec, bytes, source.path)), sources);
}

function rawBytes(spec: TensorMetadata, bytes: Uint8Array, path: string): Uint8Array {
  const size = ELEMENT_SIZE_BYTES[spec.datatype];
  if (bytes.byteLength % size === 0) return bytes;
  throw new MillraceError(
    'invalid_argument',
    `${path} has ${bytes.byteLength} bytes; raw ${spec.datatype} for input '${spec.name}' comes in multiples of ${size}`,
  );
}

function elementsOf(datatype: Datatype, raw: Uint8Array): ExplicitTensor['data'] {
  return datatype === 'BYTES' ? bytesElements(raw) : typedView(datatype, raw);
}

/** JSON as the datatype wants it; for BYTES anything that is not JSON text is taken as it stands. */
function parseText(spec: TensorMetadata, text: string): InputValue {
  let parsed: unknown;
  try {
    parsed = parseWireJson(text);
  } catch {
    if (spec.datatype === 'BYTES') return text;
    const wanted = formatTensorType(spec.datatype, spec.shape);
    throw new MillraceError(
      'invalid_argument',
      `input '${spec.name}' takes ${wanted}: expected JSON such as [[1,2]], or @FILE, got '${text.slice(0, 60)}'`,
    );
  }
  if (spec.datatype === 'BYTES' && typeof parsed !== 'string' && !Array.isArray(parsed)) return text;
  // What does not fit the datatype is found by the client, which names the place.
  return readNumbers(parsed, spec.datatype) as InputValue;
}

/** {@link parseWireJson} leaves NaN, ±Infinity and long integers as text. */
function readNumbers(value: unknown, datatype: Datatype): unknown {
  if (Array.isArray(value)) return value.map((item) => readNumbers(item, datatype));
  if (typeof value !== 'string' || datatype === 'BYTES') return value;
  if (/^-?\d+$/.test(value) && (datatype === 'INT64' || datatype === 'UINT64')) return BigInt(value);
  return /^(-?\d+|NaN|-?Infinity)$/.test(value) ? Number(value) : value;
}

function withShape(spec: TensorMetadata, value: InputValue, { shapes }: InputSources): InputValue {
  const shape = shapes[spec.name];
  if (shape === undefined) return value;
  // Flat elements; what they are is for the client to check.
  const data = (
    Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : ArrayBuffer.isView(value) ? value : [value]
  ) as ExplicitTensor['data'];
  return { data, shape, datatype: spec.datatype };
}

/** Zeros, or numbers in [0, 1) and the like; open dimensions are 1. */
export function fill(spec: TensorMetadata, { fill: kind, shapes }: Pick<InputSources, 'fill' | 'shapes'>): InputValue {
  const shape = shapes[spec.name] ?? spec.shape.map((size) => Math.max(size, 1));
  const count = elementCount(shape);
  const random = kind === 'random' ? Math.random : () => 0;
  const { datatype } = spec;
  if (datatype === 'BYTES') {
    return { shape, datatype, data: Array.from({ length: count }, () => (kind === 'random' ? randomText() : '')) };
  }
  const whole = !/^(FP|BF)/.test(datatype);
  const data = Array.from({ length: count }, () => (whole ? Math.round(random()) : random()));
  return { shape, datatype, data: datatype === 'BOOL' ? data.map((bit) => bit === 1) : data };
}

function randomText(): string {
  return Math.random().toString(36).slice(2, 10);
}
