import { rename } from 'node:fs/promises';
import path from 'node:path';
import type { FolderContents, TempFolder } from '../../support/model-folder.js';
import { buildOnnx, type OnnxGraph } from '../../support/onnx-builder.js';
import type { Random } from '../../support/random.js';
import { statefulModels } from './stateful-models.js';
import { textModel } from './text-model.js';

/**
 * A model whose answers a test can work out. Every build of it adds a constant of its own, so that an answer tells which
 * build gave it. All numbers are small integers: FP32 holds them exactly, in whatever order they are added up.
 */
export interface ChaosModel {
  readonly name: string;
  readonly config: string;
  /** File of a version; undefined = a version is an empty folder, and its number is the build. */
  readonly file: ((build: number) => Uint8Array) | undefined;
  readonly outputWidth: (inputWidth: number) => number;
  input(random: Random): ChaosInput;
  /** What comes of the input, without the constant. */
  evaluate(input: ChaosInput): Float32Array;
}

export interface ChaosInput {
  readonly shape: readonly [rows: number, width: number];
  readonly data: Float32Array;
}

/** What build n adds to every element; larger than any answer without it. */
export const BUILD_STEP = 65_536;

const IN = 16;
const HIDDEN = 32;
const OUT = 10;
const first = weights(IN, HIDDEN, 7);
const second = weights(HIDDEN, OUT, 5);

function weights(rows: number, columns: number, factor: number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, index) => ((index * factor + (index >> 3)) % 5) - 2);
}

function integers(random: Random, width: number): ChaosInput {
  const rows = random.integer(1, 4);
  const data = Float32Array.from({ length: rows * width }, () => random.integer(-8, 8));
  return { shape: [rows, width], data };
}

function multiply(
  input: Float32Array,
  matrix: Float32Array,
  [rows, inner, columns]: readonly [number, number, number],
) {
  const product = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let index = 0; index < inner; index++) {
        sum += (input[row * inner + index] ?? 0) * (matrix[index * columns + column] ?? 0);
      }
      product[row * columns + column] = sum;
    }
  }
  return product;
}

const mlpGraph = (build: number): OnnxGraph => ({
  inputs: [{ name: 'x', type: 'float32', dims: ['rows', IN] }],
  outputs: [{ name: 'y', type: 'float32', dims: ['rows', OUT] }],
  nodes: [
    { op: 'MatMul', inputs: ['x', 'first'], outputs: ['hidden'] },
    { op: 'Relu', inputs: ['hidden'], outputs: ['active'] },
    { op: 'MatMul', inputs: ['active', 'second'], outputs: ['sums'] },
    { op: 'Add', inputs: ['sums', 'build'], outputs: ['y'] },
  ],
  initializers: [
    { name: 'first', type: 'float32', dims: [IN, HIDDEN], data: first },
    { name: 'second', type: 'float32', dims: [HIDDEN, OUT], data: second },
    { name: 'build', type: 'float32', dims: [1], data: Float32Array.of(build * BUILD_STEP) },
  ],
});

const tripleGraph = (build: number): OnnxGraph => ({
  inputs: [{ name: 'x', type: 'float32', dims: ['rows', 4] }],
  outputs: [{ name: 'y', type: 'float32', dims: ['rows', 4] }],
  nodes: [
    { op: 'Mul', inputs: ['x', 'three'], outputs: ['tripled'] },
    { op: 'Add', inputs: ['tripled', 'build'], outputs: ['y'] },
  ],
  initializers: [
    { name: 'three', type: 'float32', dims: [1], data: Float32Array.of(3) },
    { name: 'build', type: 'float32', dims: [1], data: Float32Array.of(build * BUILD_STEP) },
  ],
});

const ECHO = `runtime: echo
maxBatchSize: 16
batching: { enabled: true }
inputs: [{ name: x, datatype: FP32, shape: [-1, -1] }]
outputs: [{ name: y, datatype: FP32, shape: [-1, -1] }]
`;

/** Two layers, in two runner processes, with batching. */
const mlp: ChaosModel = {
  name: 'mlp',
  config: 'instances: { count: 2 }\nbatching: { enabled: true }\n',
  file: (build) => buildOnnx(mlpGraph(build)),
  outputWidth: () => OUT,
  input: (random) => integers(random, IN),
  evaluate({ shape: [rows], data }) {
    const hidden = multiply(data, first, [rows, IN, HIDDEN]).map((sum) => Math.max(0, sum));
    return multiply(hidden, second, [rows, HIDDEN, OUT]);
  },
};

/** A micro-model in the serving thread. */
const triple: ChaosModel = {
  name: 'triple',
  config: 'instances: { placement: inline }\n',
  file: (build) => buildOnnx(tripleGraph(build)),
  outputWidth: (width) => width,
  input: (random) => integers(random, 4),
  evaluate: ({ data }) => data.map((value) => value * 3),
};

/** Answers its input, slowly enough to be met by kills; only requests of the same width share a batch. */
const echo: ChaosModel = {
  name: 'echo',
  config: `${ECHO}echo: { delayMs: 3 }\n`,
  file: undefined,
  outputWidth: (width) => width,
  input: (random) => integers(random, random.pick([1, 5, 300])),
  evaluate: ({ data }) => data,
};

/** Hangs when a request asks for it, and is killed for that. */
export const HANGING: ChaosModel = {
  ...echo,
  name: 'hanging',
  config: `${ECHO}echo: { faults: true }\nlimits: { executionTimeoutMs: 400 }\n`,
};

/** Those that are replaced by later builds. */
export const SWAPPED: readonly ChaosModel[] = [mlp, triple, echo];

/** Named by a list that accidents happen to. */
export const LISTED: ChaosModel = { ...triple, name: 'listed' };

/** In a repository that goes away and comes back. */
export const MOUNTED: ChaosModel = { ...echo, name: 'mounted' };

export const HEALTHY: readonly ChaosModel[] = [...SWAPPED, LISTED, MOUNTED];

/** What is in the main repository at the start: build 1 as version 1 of every model. */
export function initialRepository(): FolderContents {
  const files = [...SWAPPED, HANGING].flatMap((model) => [
    [`${model.name}/model.yaml`, model.config],
    versionFile(model, { version: 1, build: 1 }),
  ]);
  return { ...Object.fromEntries(files), ...statefulModels(), ...textModel() };
}

/** Which build an answer to that input is of; undefined where only its version would tell and it does not say that. */
export function buildOf(
  { file, evaluate }: ChaosModel,
  input: ChaosInput,
  answer: { readonly version?: number; readonly data: Float32Array },
): number | undefined {
  return file === undefined ? answer.version : ((answer.data[0] ?? 0) - (evaluate(input)[0] ?? 0)) / BUILD_STEP;
}

export interface Release {
  readonly version: number;
  readonly build: number;
}

/** Name and content of a version's file; only a name where a version is an empty folder. */
export function versionFile({ name, file }: ChaosModel, { version, build }: Release): [string, string | Uint8Array] {
  return file === undefined ? [`${name}/${version}/`, ''] : [`${name}/${version}/model.onnx`, file(build)];
}

/** Puts a release on disk in one move; replaces the file where the version is there already. */
export async function writeRelease(folder: TempFolder, model: ChaosModel, release: Release): Promise<void> {
  const [target, content] = versionFile(model, release);
  if (model.file === undefined) {
    await folder.write({ [target]: '' });
    return;
  }
  const fresh = `.incoming/${model.name}-${release.build}.onnx`;
  const empty = `${path.posix.dirname(target)}/`;
  await folder.write({ [fresh]: content, [empty]: '' });
  await rename(path.join(folder.path, fresh), path.join(folder.path, target));
}
