import { extname } from 'node:path';
import type { ExplicitTensor, InputValue, TensorMetadata } from '../../client/index.js';
import {
  bytesElements,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  invalidArgument,
  MillraceError,
  typedView,
} from '../../core/index.js';
import type { ImageConfig } from '../../repository/index.js';
import { readBytes, readText } from '../files.js';
import { decodePicture, isPicture } from '../image/decode.js';
import { type PictureTensor, pictureToTensor } from '../image/to-tensor.js';
import { fillInput } from './fill.js';
import type { InputFlag } from './input-flags.js';
import { parseInputText, parseRequest } from './json-values.js';
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
  const { requestFile, fill, shapes } = sources;
  const values = requestFile === undefined ? {} : parseRequest(await readText(sources, requestFile), requestFile);
  const given = new Map<TensorMetadata, readonly InputFlag[]>();
  for (const flag of sources.flags) {
    const spec = specOf(specs, flag.name);
    given.set(spec, [...(given.get(spec) ?? []), flag]);
  }
  for (const [spec, flags] of given) values[spec.name] = await readValue(spec, flags, sources);
  if (fill === undefined) return values;
  const missing = specs.filter((spec) => !(spec.name in values));
  return { ...values, ...Object.fromEntries(missing.map((spec) => [spec.name, fillInput(spec, { fill, shapes })])) };
}

function specOf(specs: readonly TensorMetadata[], name: string | undefined): TensorMetadata {
  const known = specs.map((spec) => `'${spec.name}'`).join(', ');
  const spec = name === undefined ? specs[0] : specs.find((candidate) => candidate.name === name);
  if (name === undefined && specs.length !== 1) {
    throw invalidArgument(`the model has several inputs (${known}): say NAME=VALUE`);
  }
  if (spec === undefined) {
    throw invalidArgument(`the model has no input '${name}'; its inputs are ${known}`);
  }
  return spec;
}

/** One value, or the rows of several pictures. */
async function readValue(
  spec: TensorMetadata,
  [flag, ...more]: readonly InputFlag[],
  sources: InputSources,
): Promise<InputValue> {
  if (flag === undefined) throw new MillraceError('internal', `nothing is given for input '${spec.name}'`);
  const { source } = flag;
  if (more.length > 0) return stackPictures(spec, [flag, ...more], sources);
  if (source.kind === 'text') return withShape(spec, parseInputText(spec, source.text), sources);
  const bytes = await readBytes(sources, source.path);
  if (source.picture || (spec.datatype !== 'BYTES' && isPicture(bytes))) {
    return { ...readPicture(spec, { bytes, path: source.path }, sources), datatype: spec.datatype };
  }
  const extension = extname(source.path).toLowerCase();
  if (extension === '.npy') {
    const array = parseNpy(bytes, source.path);
    const data = elementsOf(array.datatype, array.data);
    return { shape: sources.shapes[spec.name] ?? array.shape, datatype: array.datatype, data };
  }
  if (extension === '.json') return withShape(spec, parseInputText(spec, new TextDecoder().decode(bytes)), sources);
  if (spec.datatype === 'BYTES') return withShape(spec, [bytes], sources);
  return withShape(spec, elementsOf(spec.datatype, rawBytes(spec, bytes, source.path)), sources);
}

function readPicture(
  spec: TensorMetadata,
  { bytes, path }: { readonly bytes: Uint8Array; readonly path: string },
  { images }: InputSources,
): PictureTensor {
  return pictureToTensor(decodePicture(bytes, path), spec, images[spec.name] ?? {});
}

async function stackPictures(
  spec: TensorMetadata,
  flags: readonly InputFlag[],
  sources: InputSources,
): Promise<InputValue> {
  const rows: PictureTensor[] = [];
  for (const { source } of flags) {
    if (source.kind === 'text' || spec.shape.length !== 4) {
      throw invalidArgument(`input '${spec.name}' is given several times`);
    }
    rows.push(readPicture(spec, { bytes: await readBytes(sources, source.path), path: source.path }, sources));
  }
  const [first] = rows;
  if (rows.some((row) => row.shape.join() !== first?.shape.join())) {
    throw invalidArgument(`the pictures for input '${spec.name}' must have one size`);
  }
  const length = rows.reduce((sum, row) => sum + row.data.length, 0);
  const data = first?.data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  for (const [index, row] of rows.entries()) data.set(row.data, index * row.data.length);
  return { data, shape: [rows.length, ...(first?.shape.slice(1) ?? [])], datatype: spec.datatype };
}

function rawBytes(spec: TensorMetadata, bytes: Uint8Array, path: string): Uint8Array {
  const size = ELEMENT_SIZE_BYTES[spec.datatype];
  if (bytes.byteLength % size === 0) return bytes;
  throw invalidArgument(
    `${path} has ${bytes.byteLength} bytes; raw ${spec.datatype} for input '${spec.name}' comes in multiples of ${size}`,
  );
}

function elementsOf(datatype: Datatype, raw: Uint8Array): ExplicitTensor['data'] {
  return datatype === 'BYTES' ? bytesElements(raw) : typedView(datatype, raw);
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
