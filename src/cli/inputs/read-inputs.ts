import { extname } from 'node:path';
import type { ExplicitTensor, InputValue, TensorMetadata } from '../../client/index.js';
import {
  bytesElements,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  invalidArgument,
  MEDIA_FORMATS,
  MillraceError,
  mediaFormatOf,
  mediaKindOf,
  messageOf,
  typedView,
} from '../../core/index.js';
import { readBytes, readText } from '../files.js';
import { fillInput } from './fill.js';
import type { InputFlag } from './input-flags.js';
import { parseInputText, parseRequest } from './json-values.js';
import { parseNpy } from './npy.js';
import { convertNpy } from './npy-convert.js';

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
}

export type InputValues = Readonly<Record<string, InputValue>>;

/** Reads everything that the flags name as values for the model's inputs. Throws `invalid_argument`. */
export async function readInputs(specs: readonly TensorMetadata[], sources: InputSources): Promise<InputValues> {
  const { requestFile, fill, shapes } = sources;
  const values = requestFile === undefined ? {} : parseRequest(await readText(sources, requestFile), requestFile);
  const given = new Map<TensorMetadata, readonly InputFlag[]>();
  for (const flag of sources.flags) {
    if (isTable(flag)) continue;
    const spec = specOf(specs, flag.name);
    given.set(spec, [...(given.get(spec) ?? []), flag]);
  }
  for (const [spec, flags] of given) values[spec.name] = await readValue(spec, flags, sources);
  for (const flag of sources.flags.filter(isTable)) {
    const open = flag.name === undefined ? specs.filter(({ name }) => !(name in values)) : [specOf(specs, flag.name)];
    const table = await readTable(open, flag, sources);
    const again = Object.keys(table).find((name) => name in values);
    if (again !== undefined) throw invalidArgument(`input '${again}' is given several times`);
    Object.assign(values, table);
  }
  if (fill === undefined) return values;
  const missing = specs.filter((spec) => !(spec.name in values));
  return { ...values, ...Object.fromEntries(missing.map((spec) => [spec.name, fillInput(spec, { fill, shapes })])) };
}

function isTable({ source }: InputFlag): boolean {
  return source.kind === 'file' && !source.picture && extname(source.path).toLowerCase() === '.csv';
}

/** The columns of a CSV file as inputs by their names, or as the rows of the only input that is open. */
async function readTable(specs: readonly TensorMetadata[], { source }: InputFlag, sources: InputSources) {
  if (source.kind === 'text') return {};
  const bytes = await readBytes(sources, source.path);
  // Behind a file that needs it: a command line starts faster without this room.
  const { readCsv } = await import('../../protocols/index.js');
  const inputs = specs.map(({ name, datatype, shape }) => ({
    name,
    datatype,
    shape,
    batchAxis: shape[0] === -1 ? (0 as const) : null,
    optional: sources.fill !== undefined,
  }));
  const tensors = atFile(source.path, () => readCsv(bytes, { inputs, outputs: [] }));
  return Object.fromEntries(
    tensors.map(({ name, datatype, shape, data }) => {
      const value = { shape: sources.shapes[name] ?? shape, datatype, data: elementsOf(datatype, data) };
      return [name, value];
    }),
  );
}

function atFile<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw invalidArgument(`${path}: ${messageOf(cause)}`, { cause });
  }
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

/** One value, or several photos or sounds. */
async function readValue(
  spec: TensorMetadata,
  [flag, ...more]: readonly InputFlag[],
  sources: InputSources,
): Promise<InputValue> {
  if (flag === undefined) throw new MillraceError('internal', `nothing is given for input '${spec.name}'`);
  const { source } = flag;
  if (more.length > 0) return readAllMedia(spec, [flag, ...more], sources);
  if (source.kind === 'text') return withShape(spec, parseInputText(spec, source.text), sources);
  const bytes = await readBytes(sources, source.path);
  const extension = extname(source.path).toLowerCase();
  if (source.picture) return toMedia([checkPicture(bytes, source.path)]);
  if (spec.datatype !== 'BYTES' && isMedia(bytes, extension)) return toMedia([bytes]);
  if (extension === '.npy') {
    const array = convertNpy(parseNpy(bytes, source.path), spec.datatype);
    const data = elementsOf(array.datatype, array.data);
    return { shape: sources.shapes[spec.name] ?? array.shape, datatype: array.datatype, data };
  }
  if (extension === '.json') return withShape(spec, parseInputText(spec, new TextDecoder().decode(bytes)), sources);
  if (spec.datatype === 'BYTES') return withShape(spec, [bytes], sources);
  return withShape(spec, elementsOf(spec.datatype, rawBytes(spec, bytes, source.path)), sources);
}

/** Raw numbers may begin as the frames of an MP3 do. */
function isMedia(bytes: Uint8Array, extension: string): boolean {
  const format = mediaFormatOf(bytes);
  return format !== undefined && (format !== 'MP3' || extension === '.mp3');
}

function checkPicture(bytes: Uint8Array, path: string): Uint8Array {
  const format = mediaFormatOf(bytes);
  if (format !== undefined && mediaKindOf(format) === 'image') return bytes;
  throw invalidArgument(`${path} is not ${MEDIA_FORMATS.image}`);
}

async function readAllMedia(
  { name }: TensorMetadata,
  flags: readonly InputFlag[],
  sources: InputSources,
): Promise<InputValue> {
  const files: Uint8Array[] = [];
  for (const { source } of flags) {
    if (source.kind === 'text') throw invalidArgument(`input '${name}' is given several times`);
    const bytes = await readBytes(sources, source.path);
    if (source.picture) checkPicture(bytes, source.path);
    else if (!isMedia(bytes, extname(source.path).toLowerCase())) {
      throw invalidArgument(`input '${name}' is given several times`);
    }
    files.push(bytes);
  }
  return toMedia(files);
}

/** The server makes rows of them. */
function toMedia(files: readonly Uint8Array[]): InputValue {
  return { data: files, shape: [files.length], datatype: 'BYTES' };
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
