import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  bytesElements,
  ELEMENT_SIZE_BYTES,
  elementCount,
  errorOf,
  invalidArgument,
  type MillraceError,
  ownValue,
  packBytes,
  type Signature,
  type Tensor,
  type TensorSpec,
  toHalfBits,
  toMillraceError,
  typedView,
} from '../core/index.js';
import { EMPTY_PROMPT, promptOfTensors } from '../generation/index.js';
import type { ModelSource, WarmupConfig } from '../repository/index.js';
import { type Batch, type BatchItem, type Instance, readPrepared } from '../runtimes/index.js';
import { toModelShape } from './shape-rules.js';

/** Largest sample, all its inputs together: they are made in one turn of the event loop. */
const MAX_SAMPLE_BYTES = 268_435_456;
/** Random values that are made for a tensor; in a larger one they come again. */
const RANDOM_ELEMENTS = 65_536;
const RANDOM_TEXT = new TextEncoder().encode('warm-up');

/** What to run before a model is ready. */
export interface WarmupSample {
  readonly name: string;
  readonly count: number;
  readonly rows: number;
  readonly inputs: readonly Tensor[];
  /** What the model's preparer makes of it, or of each of its rows, where there is one. */
  readonly prepared?: readonly Uint8Array[];
}

export interface WarmupOptions {
  readonly source: ModelSource;
  readonly signature: Signature;
  readonly maxBatchSize: number;
  readonly samples: readonly WarmupConfig[];
}

/** Reads and makes the data of the configured warm-up samples. Throws `invalid_argument` naming sample and input. */
export function createWarmup(options: WarmupOptions): Promise<readonly WarmupSample[]> {
  return Promise.all(options.samples.map((sample) => createSample(sample, options)));
}

/** Inputs of zeros for `rows` rows; undefined when a dimension besides the batch is variable. */
export function zeroInputs(signature: Signature, rows: number): readonly Tensor[] | undefined {
  const required = signature.inputs.filter((spec) => !spec.optional);
  const known = required.every((spec) => spec.shape.every((size, axis) => size !== -1 || axis === spec.batchAxis));
  if (!known) return undefined;
  return required.map((spec) => toModelShape(spec, fill(spec, withRows(spec, spec.shape, rows), 'zero')));
}

/** Runs a sample and forgets its outputs. Rejects with the model's error. */
export async function runOnce(
  model: Pick<Instance, 'description' | 'execute' | 'grant'>,
  { inputs, rows, prepared }: Pick<WarmupSample, 'inputs' | 'rows' | 'prepared'>,
): Promise<void> {
  const generates = model.description.tasks?.generate !== undefined;
  if (prepared === undefined) {
    await runItem(model, itemOf({ inputs, rows }, generates));
    return;
  }
  const item = { callId: 0, rows: rows / prepared.length, inputs: [], parameters: {} };
  const prompt = generates ? { generation: { prompt: EMPTY_PROMPT } } : {};
  for (const value of prepared) await runItem(model, { ...item, ...prompt, prepared: value });
}

/** A sample as a model takes it whose preparer has prepared it. Rejects with the preparer's error. */
export async function prepareSample(
  preparer: Pick<Instance, 'execute' | 'grant'>,
  { sample, generates }: { readonly sample: WarmupSample; readonly generates: boolean },
): Promise<WarmupSample> {
  const prepared = readPrepared(await runItem(preparer, itemOf(sample, generates)));
  return { ...sample, prepared: prepared.map(({ value }) => value) };
}

function itemOf({ inputs, rows }: Pick<WarmupSample, 'inputs' | 'rows'>, generates: boolean): BatchItem {
  const plain = { callId: 0, rows, parameters: {} };
  if (!generates) return { ...plain, inputs };
  return { ...plain, inputs: [], generation: { prompt: promptOfTensors(inputs) } };
}

/** Runs a batch of one item. Resolves with the outputs of its last answer; rejects with the model's error. */
async function runItem(model: Pick<Instance, 'execute' | 'grant'>, item: BatchItem): Promise<readonly Tensor[]> {
  const batch: Batch = { id: 0, items: [item], rows: item.rows, outputs: undefined };
  let failure: MillraceError | undefined;
  let last: readonly Tensor[] = [];
  await model.execute(batch, (emissions) => {
    for (const { error, callId, final, outputs } of emissions) {
      if (error !== undefined) failure = errorOf(error);
      if (!final) model.grant(callId, 1);
      last = outputs;
    }
  });
  if (failure !== undefined) throw failure;
  return last;
}

async function createSample(sample: WarmupConfig, options: WarmupOptions): Promise<WarmupSample> {
  const rows = options.maxBatchSize > 0 ? (sample.batchSize ?? 1) : 1;
  const inputs: Tensor[] = [];
  let sizeBytes = 0;
  for (const spec of options.signature.inputs) {
    const config = ownValue(sample.inputs, spec.name);
    const where = `warm-up '${sample.name}', input '${spec.name}'`;
    if (config === undefined) {
      if (spec.optional) continue;
      throw invalidArgument(`${where} is missing`);
    }
    const shape = withRows(spec, config.shape ?? spec.shape, rows);
    if (shape.some((size) => size < 0)) {
      throw invalidArgument(`${where}: give the shape, the model's is [${spec.shape.join(',')}]`);
    }
    sizeBytes += sizeOf(spec, shape);
    if (sizeBytes > MAX_SAMPLE_BYTES) {
      throw invalidArgument(
        `${where}: with [${shape.join(',')}] the sample has ${sizeBytes} bytes; expected at most ${MAX_SAMPLE_BYTES}`,
      );
    }
    const tensor =
      typeof config.data === 'string'
        ? fill(spec, shape, config.data)
        : await fromFile(spec, shape, { path: resolve(options.source.modelFolder, config.data.file), where, rows });
    inputs.push(toModelShape(spec, tensor));
  }
  return { name: sample.name, count: sample.count ?? 1, rows, inputs };
}

/** A shape without its batch dimension, as Triton writes warm-up dims, gets it back. */
function withRows(spec: TensorSpec, shape: readonly number[], rows: number): readonly number[] {
  if (spec.batchAxis === null) return shape;
  return shape.length === spec.shape.length ? [rows, ...shape.slice(1)] : [rows, ...shape];
}

/** Of a tensor that {@link fill} makes. */
function sizeOf({ datatype }: TensorSpec, shape: readonly number[]): number {
  const elementBytes = datatype === 'BYTES' ? packBytes([RANDOM_TEXT]).length : ELEMENT_SIZE_BYTES[datatype];
  return elementCount(shape) * elementBytes;
}

function fill(spec: TensorSpec, shape: readonly number[], data: 'zero' | 'random'): Tensor {
  const { name, datatype } = spec;
  const count = elementCount(shape);
  if (datatype === 'BYTES') {
    const element = packBytes([data === 'zero' ? new Uint8Array() : RANDOM_TEXT]);
    return { name, datatype, shape, data: repeat(element, count * element.length) };
  }
  const sizeBytes = count * ELEMENT_SIZE_BYTES[datatype];
  if (data === 'zero') return { name, datatype, shape, data: new Uint8Array(sizeBytes) };
  const elements = new Uint8Array(Math.min(count, RANDOM_ELEMENTS) * ELEMENT_SIZE_BYTES[datatype]);
  fillRandom(spec, elements);
  return { name, datatype, shape, data: repeat(elements, sizeBytes) };
}

/** As many of the bytes, over and over, as are wanted; they begin where typed arrays may. */
function repeat(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes);
  if (sizeBytes > 0) Buffer.from(whole.buffer).fill(bytes);
  return whole;
}

/** Small values of every type: floats in [0, 1), integers 0 or 1, so that indexes stay in range. */
function fillRandom(spec: TensorSpec, bytes: Uint8Array): void {
  const view = typedView(spec.datatype, bytes);
  for (let index = 0; index < view.length; index++) {
    const value = Math.random();
    if (view instanceof BigInt64Array || view instanceof BigUint64Array) view[index] = value < 0.5 ? 0n : 1n;
    else if (view instanceof Float32Array || view instanceof Float64Array) view[index] = value;
    else if (spec.datatype === 'FP16') view[index] = toHalfBits(value);
    else view[index] = value < 0.5 ? 0 : 1;
  }
}

interface WarmupFile {
  readonly path: string;
  readonly where: string;
  readonly rows: number;
}

/** The data of all rows; that of one row, as Triton has it, is repeated for each. */
async function fromFile(spec: TensorSpec, shape: readonly number[], file: WarmupFile): Promise<Tensor> {
  const content = await readFile(file.path).catch((error) => {
    throw invalidArgument(`${file.where}: its data file cannot be read`, { cause: error });
  });
  const texts = spec.datatype === 'BYTES';
  const unit = texts ? 'elements' : 'bytes';
  const needed = elementCount(shape) * (texts ? 1 : ELEMENT_SIZE_BYTES[spec.datatype]);
  const found = texts ? countTexts(content, file.where) : content.byteLength;
  const rows = spec.batchAxis === 0 ? file.rows : 1;
  const repeats = found === needed ? 1 : rows;
  if (found * repeats !== needed) {
    const row = rows === 1 ? '' : `, or ${needed / rows} for one row`;
    throw invalidArgument(
      `${file.where}: [${shape.join(',')}] needs ${needed} ${unit}${row}; its data file has ${found}`,
    );
  }
  const data = new Uint8Array(content.byteLength * repeats);
  for (let row = 0; row < repeats; row++) data.set(content, row * content.byteLength);
  return { name: spec.name, datatype: spec.datatype, shape, data };
}

function countTexts(content: Uint8Array, where: string): number {
  try {
    return bytesElements(content).length;
  } catch (error) {
    throw invalidArgument(`${where}: its data file: ${toMillraceError(error).message}`);
  }
}
