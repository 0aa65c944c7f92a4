import {
  formatTensorType,
  invalidArgument,
  isFloat,
  ownValue,
  type Signature,
  type TensorSpec,
} from '../core/index.js';
import { didYouMean } from '../text/index.js';
import { checkRateInputs, mediaSpecOf } from './media-spec.js';
import type { ModelConfig, TensorConfig } from './model-config.js';
import { reshapeProblem } from './reshape.js';

export interface CompletionInput {
  /** The configuration as written. */
  readonly declared: ModelConfig;
  /** What the runtime read from the model file. */
  readonly described: Signature;
  /** Most rows of a batch, where the model file says it. */
  readonly describedMaxBatchSize?: number | undefined;
  /** Class labels by output name. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Most rows of a batch for models that can batch and do not say so. */
  readonly defaultMaxBatchSize: number;
}

export interface Completion {
  readonly signature: Signature;
  /** 0 = the model has no batch dimension. */
  readonly maxBatchSize: number;
}

/**
 * Brings configuration and model file together, as Triton's auto-complete does: what the configuration leaves open comes
 * from the file, outputs it does not list are not served. A contradiction throws `invalid_argument` naming both sides.
 */
export function completeSignature(input: CompletionInput): Completion {
  const { declared, described, labels } = input;
  refuseNames('input', described.inputs);
  refuseNames('output', described.outputs);
  const maxBatchSize =
    declared.maxBatchSize ??
    input.describedMaxBatchSize ??
    (canBatch(declared, described) ? input.defaultMaxBatchSize : 0);
  checkNames('input', declared.inputs, described.inputs);
  checkLeftOut(declared.outputs, described);
  checkNames('output', declared.outputs, described.outputs);
  checkRanks(declared, described);
  const mixed = isMixed(described);
  const complete = (kind: 'input' | 'output', spec: TensorSpec, config: TensorConfig | undefined): TensorSpec => {
    // Where the runtime tells the tensors apart, those without rows are as in a model that does not batch.
    const batchSize = mixed && spec.batchAxis === null ? 0 : maxBatchSize;
    checkBatchDimension(`${kind} '${spec.name}'`, spec, batchSize);
    return completeTensor(kind, spec, { config, maxBatchSize: batchSize, labels: ownValue(labels, spec.name) });
  };
  const inputs = described.inputs.map((spec) => complete('input', spec, find(declared.inputs, spec.name)));
  const outputs = described.outputs
    .filter((spec) => !declared.outputs?.length || find(declared.outputs, spec.name) !== undefined)
    .map((spec) => complete('output', spec, find(declared.outputs, spec.name)));
  checkRateInputs(inputs);
  const { leftOut } = described;
  return { signature: { inputs, outputs, ...(leftOut === undefined ? {} : { leftOut }) }, maxBatchSize };
}

/** Outputs that cannot be served may be in the file, but not in the configuration. */
function checkLeftOut(configs: readonly TensorConfig[] = [], { leftOut = [] }: Signature): void {
  for (const { name, reason } of leftOut) {
    if (find(configs, name) !== undefined) throw invalidArgument(`output '${name}' is configured, but it ${reason}`);
  }
}

/** All at once, so that the configuration has to be written once. */
function checkRanks(declared: ModelConfig, described: Signature): void {
  const missing = (['inputs', 'outputs'] as const).flatMap((kind) => {
    const unknown = described[kind].filter(
      ({ name, rankUnknown }) => rankUnknown && !find(declared[kind], name)?.shape,
    );
    return unknown.length === 0 ? [] : [{ kind, names: unknown.map(({ name }) => name) }];
  });
  if (missing.length === 0) return;
  const names = missing.flatMap((group) => group.names.map((name) => `'${name}'`));
  const lines = missing.map(({ kind, names: of }) => {
    const tensors = of.map((name) => `{ name: ${JSON.stringify(name)}, shape: [-1, -1] }`);
    return `${kind}: [${tensors.join(', ')}]`;
  });
  throw invalidArgument(
    `the model file does not say how many dimensions ${names.join(' and ')} ${names.length === 1 ? 'has' : 'have'}: ` +
      `give the shape in model.yaml, such as ${lines.join(' and ')} (-1 = any size)`,
  );
}

/** Some tensors count the rows of a batch, others are the same for all of them. */
function isMixed({ inputs, outputs }: Signature): boolean {
  const tensors = [...inputs, ...outputs];
  return tensors.some((spec) => spec.batchAxis === 0) && tensors.some((spec) => spec.batchAxis === null);
}

/** Rows can be batched together when the runtime says so and nobody declares a first dimension as fixed. */
function canBatch(declared: ModelConfig, described: Signature): boolean {
  const tensors = [...described.inputs, ...described.outputs];
  const configs = [...(declared.inputs ?? []), ...(declared.outputs ?? [])];
  return (
    tensors.length > 0 &&
    tensors.every((spec) => spec.batchAxis === 0) &&
    configs.every((config) => config.shape === undefined || config.shape[0] === -1)
  );
}

function find(configs: readonly TensorConfig[] | undefined, name: string): TensorConfig | undefined {
  return configs?.find((config) => config.name === name);
}

function checkNames(kind: string, configs: readonly TensorConfig[] = [], specs: readonly TensorSpec[]): void {
  const names = specs.map((spec) => spec.name);
  const seen = new Set<string>();
  for (const { name } of configs) {
    if (seen.has(name)) throw invalidArgument(`${kind} '${name}' is configured twice`);
    seen.add(name);
    if (!names.includes(name)) {
      throw invalidArgument(
        `${kind} '${name}' is configured, but the model file has no such ${kind}; ` +
          `it has ${names.map((known) => `'${known}'`).join(', ') || 'none'}${didYouMean(name, names, "'")}`,
      );
    }
  }
}

function checkBatchDimension(what: string, spec: TensorSpec, maxBatchSize: number): void {
  if (maxBatchSize === 0 || spec.shape[0] === -1 || spec.rankUnknown) return;
  throw invalidArgument(
    `${what} is ${formatTensorType(spec.datatype, spec.shape)} in the model file: with maxBatchSize ${maxBatchSize} ` +
      'its first dimension must be variable (-1); set maxBatchSize to 0 or export the model with a variable batch',
  );
}

interface TensorContext {
  readonly config: TensorConfig | undefined;
  readonly maxBatchSize: number;
  readonly labels: readonly string[] | undefined;
}

function completeTensor(kind: 'input' | 'output', spec: TensorSpec, context: TensorContext): TensorSpec {
  const { config, maxBatchSize, labels } = context;
  const what = `${kind} '${spec.name}'`;
  if (config?.datatype !== undefined && config.datatype !== spec.datatype) {
    throw invalidArgument(`${what} is configured as ${config.datatype}, but it is ${spec.datatype} in the model file`);
  }
  const { shape, modelShape } = completeShape(what, spec, context);
  const classes = labels ?? spec.labels;
  checkPadding(what, config, { ...spec, shape });
  const completed: TensorSpec = {
    name: spec.name,
    datatype: spec.datatype,
    shape,
    ...(modelShape === undefined ? {} : { modelShape }),
    batchAxis: maxBatchSize > 0 ? 0 : null,
    // A file that needs the tensor needs it, whatever the configuration says.
    optional: kind === 'input' && spec.optional && config?.optional !== false,
    ...(spec.dimNames?.length !== shape.length || modelShape !== undefined ? {} : { dimNames: spec.dimNames }),
    ...(kind === 'output' && classes !== undefined ? { labels: classes } : {}),
  };
  return config === undefined ? completed : { ...completed, ...mediaOf(kind, completed, config) };
}

/** What the configuration says of encoded bytes, or of the classes in answers to them. */
function mediaOf(kind: 'input' | 'output', spec: TensorSpec, config: TensorConfig): Partial<TensorSpec> {
  if (kind === 'input') {
    const media = mediaSpecOf(spec, config);
    return media === undefined ? {} : { media };
  }
  const { softmax = false, topK } = config;
  if ((softmax || topK !== undefined) && (spec.datatype === 'BYTES' || spec.datatype === 'BOOL')) {
    throw invalidArgument(
      `output '${spec.name}' is ${spec.datatype}: it has no classes for ${softmax ? 'softmax' : 'topK'}`,
    );
  }
  return { ...(softmax ? { softmax } : {}), ...(topK === undefined ? {} : { topK }) };
}

function completeShape(
  what: string,
  spec: TensorSpec,
  { config, maxBatchSize }: TensorContext,
): { shape: readonly number[]; modelShape?: readonly number[] } {
  const shape = config?.shape;
  if (config?.reshape !== undefined && shape === undefined) {
    throw invalidArgument(`${what} has a reshape but no shape; give the shape that clients see`);
  }
  if (config === undefined || shape === undefined) return { shape: spec.shape };
  if (maxBatchSize > 0 && shape[0] !== -1) {
    throw invalidArgument(
      `${what} is configured with shape [${shape.join(',')}]: with maxBatchSize ${maxBatchSize} ` +
        'the first dimension counts the rows and must be -1',
    );
  }
  const modelShape = modelShapeOf(config, maxBatchSize > 0) ?? (isScalar(spec, shape) ? spec.shape : shape);
  if (!spec.rankUnknown && !fits(modelShape, spec.shape)) {
    const via = modelShape === shape ? '' : ` reshaped to [${modelShape.join(',')}]`;
    throw invalidArgument(
      `${what} is configured with shape [${shape.join(',')}]${via}, ` +
        `but it has shape [${spec.shape.join(',')}] in the model file`,
    );
  }
  if (config.reshape === undefined) return modelShape === shape ? { shape } : { shape, modelShape };
  const problem = reshapeProblem(maxBatchSize > 0 ? shape.slice(1) : shape, config.reshape);
  if (problem !== undefined) throw invalidArgument(`${what}: ${problem}`);
  return { shape, modelShape };
}

/** The one element of a scalar may be declared as `[1]`, as Triton's configurations have to. */
function isScalar(file: TensorSpec, declared: readonly number[]): boolean {
  return !file.rankUnknown && file.shape.length === 0 && declared.length > 0 && declared.every((size) => size === 1);
}

/** The declared shape may fix what is variable in the file, but not the other way round. */
function fits(declared: readonly number[], file: readonly number[]): boolean {
  return declared.length === file.length && file.every((size, axis) => size === -1 || size === declared[axis]);
}

/** Full model-side shape of a tensor with a reshape; undefined for one without. */
export function modelShapeOf(config: TensorConfig, batching: boolean): readonly number[] | undefined {
  if (config.reshape === undefined) return undefined;
  return batching ? [-1, ...config.reshape] : config.reshape;
}

function checkPadding(what: string, config: TensorConfig | undefined, { datatype, shape }: TensorSpec): void {
  if (config?.padding === undefined) return;
  const { axes, value } = config.padding;
  if (datatype === 'BYTES') throw invalidArgument(`${what} is BYTES, which cannot be padded`);
  if (!isFloat(datatype) && !Number.isSafeInteger(value)) {
    throw invalidArgument(`${what} is ${datatype}: padding.value must be an integer, got ${value}`);
  }
  for (const axis of axes) {
    if (shape[axis] === -1) continue;
    throw invalidArgument(
      `${what}: padding names axis ${axis}, but only variable dimensions can be padded; its shape is [${shape.join(',')}]`,
    );
  }
}

/** Libraries that are given tensors as members of an object, as ONNX Runtime is, lose one of this name. */
function refuseNames(kind: 'input' | 'output', specs: readonly TensorSpec[]): void {
  if (specs.every(({ name }) => name !== '__proto__')) return;
  throw invalidArgument(
    `${kind} '__proto__' cannot be served: the name has a meaning of its own in JavaScript; rename the tensor in the model`,
  );
}
