import type { RuntimeManifest, RuntimeOptions } from '../../runtimes/index.js';
import type { ModelConfig, TensorConfig, VersionPolicy, WarmupConfig } from '../model-config.js';
import type {
  Int64,
  TritonConfig,
  TritonInput,
  TritonOutput,
  TritonVersionPolicy,
  TritonWarmup,
  TritonWarmupInput,
} from './config-types.js';
import { fromBatching } from './from-batching.js';
import { fromInstances } from './from-instances.js';
import { fromSequence } from './from-sequence.js';
import { checkSupported, describeBackend } from './unsupported.js';

/** A Triton configuration in our terms, and what of it is ignored. */
export interface FromTriton {
  readonly config: ModelConfig;
  readonly notices: readonly string[];
}

/**
 * Maps Triton's configuration onto ours, with Triton's meaning of what is left out: no `dynamic_batching` block = no
 * batching across requests. Throws a sentence where the model cannot be served as it says.
 */
export function fromTritonConfig(triton: TritonConfig, runtimes: readonly RuntimeManifest[]): FromTriton {
  const { runtime, notices } = checkSupported(triton, runtimes);
  // In Triton 0 is also "not written": with no tensors given either, batching is found out from the model file.
  const isOpen = triton.max_batch_size === 0 && triton.input.length + triton.output.length === 0;
  const batching = triton.max_batch_size > 0;
  const instances = fromInstances(triton.instance_group);
  const own = fromRuntime(triton, runtime, runtimes);
  const parameters = Object.entries(triton.parameters).map(([key, value]) => [key, value.string_value] as const);
  const config: ModelConfig = {
    ...(triton.name === '' ? {} : { name: triton.name }),
    ...(runtime === undefined ? {} : { runtime: runtime.name }),
    ...(triton.platform === '' ? {} : { platform: triton.platform }),
    ...(triton.default_model_filename === '' ? {} : { file: triton.default_model_filename }),
    ...(isOpen ? {} : { maxBatchSize: checkedBatchSize(triton.max_batch_size) }),
    ...(triton.input.length === 0 ? {} : { inputs: triton.input.map((input) => fromInput(input, batching)) }),
    ...(triton.output.length === 0 ? {} : { outputs: triton.output.map((output) => fromOutput(output, batching)) }),
    ...(triton.version_policy === undefined ? {} : fromVersionPolicy(triton.version_policy)),
    ...(triton.sequence_batching === undefined
      ? fromBatching(triton.dynamic_batching, isOpen)
      : fromSequence(triton.sequence_batching, batching)),
    ...(triton.response_cache?.enable === true ? { responseCache: { enabled: true } } : {}),
    ...(instances.config === undefined ? {} : { instances: instances.config }),
    ...own.section,
    ...(triton.model_warmup.length === 0 ? {} : { warmup: triton.model_warmup.map(fromWarmup) }),
    ...(parameters.length === 0 ? {} : { parameters: Object.fromEntries(parameters) }),
    ...(Object.keys(triton.metric_tags).length === 0 ? {} : { metricTags: triton.metric_tags }),
  };
  return { config, notices: [...notices, ...instances.notices, ...own.notices] };
}

function checkedBatchSize(size: number): number {
  if (size < 0) throw new Error(`max_batch_size: expected at least 0, got ${size}`);
  return size;
}

function fromInput(input: TritonInput, batching: boolean): TensorConfig {
  return { ...fromTensor(`input '${input.name}'`, input, batching), ...(input.optional ? { optional: true } : {}) };
}

function fromOutput(output: TritonOutput, batching: boolean): TensorConfig {
  const labels = output.label_filename === '' ? {} : { labels: output.label_filename };
  return { ...fromTensor(`output '${output.name}'`, output, batching), ...labels };
}

function fromTensor(what: string, tensor: TritonInput | TritonOutput, batching: boolean): TensorConfig {
  if (tensor.name === '') throw new Error('a tensor has no name');
  const dims = tensor.dims.map(Number);
  const wrong = dims.find((size) => size < 1 && size !== -1);
  if (wrong !== undefined) throw new Error(`${what}: dims: expected sizes of at least 1, or -1, got ${wrong}`);
  const reshape = tensor.reshape?.shape.map(Number);
  return {
    name: tensor.name,
    ...fromDataType(tensor.data_type),
    ...(dims.length === 0 ? {} : { shape: batching ? [-1, ...dims] : dims }),
    ...(reshape === undefined ? {} : { reshape }),
  };
}

/** `TYPE_FP32` → FP32, `TYPE_STRING` → BYTES; nothing for `TYPE_INVALID`, which is protobuf's "not written". */
function fromDataType(dataType: string): Pick<TensorConfig, 'datatype'> {
  if (dataType === 'TYPE_INVALID') return {};
  const name = dataType === 'TYPE_STRING' ? 'BYTES' : dataType.slice('TYPE_'.length);
  // The schema table's data types are ours.
  return { datatype: name as NonNullable<TensorConfig['datatype']> };
}

function fromVersionPolicy({ latest, all, specific }: TritonVersionPolicy): { versions?: VersionPolicy } {
  if (all !== undefined) return { versions: 'all' };
  if (latest !== undefined)
    return { versions: { latest: positive('version_policy.latest.num_versions', latest.num_versions) } };
  if (specific === undefined) return {};
  const versions = specific.versions.map((version) => positive('version_policy.specific.versions', version));
  if (versions.length === 0) throw new Error('version_policy.specific: expected at least one version');
  return { versions: { specific: versions } };
}

function positive(what: string, value: Int64): number {
  if (Number(value) < 1) throw new Error(`${what}: expected at least 1, got ${value}`);
  return Number(value);
}

function fromWarmup(warmup: TritonWarmup): WarmupConfig {
  const inputs = Object.entries(warmup.inputs).map(
    ([name, input]) => [name, fromWarmupInput(input, `model_warmup '${warmup.name}', input '${name}'`)] as const,
  );
  return {
    name: warmup.name,
    batchSize: Math.max(1, warmup.batch_size),
    count: Math.max(1, warmup.count),
    inputs: Object.fromEntries(inputs),
  };
}

function fromWarmupInput(input: TritonWarmupInput, what: string): WarmupConfig['inputs'][string] {
  const shape = input.dims.map(Number);
  if (shape.some((size) => size < 0)) throw new Error(`${what}: dims must be concrete, got [${shape.join(', ')}]`);
  const common = { ...fromDataType(input.data_type), shape };
  if (input.input_data_file !== undefined) return { ...common, data: { file: `warmup/${input.input_data_file}` } };
  if (input.random_data !== undefined) return { ...common, data: 'random' };
  if (input.zero_data !== undefined) return { ...common, data: 'zero' };
  throw new Error(`${what}: expected one of zero_data, random_data, input_data_file`);
}

interface FromRuntime {
  /** By the runtime's name. */
  readonly section: Readonly<Record<string, RuntimeOptions>>;
  readonly notices: readonly string[];
}

/**
 * The section of the runtime that a Triton configuration names; where it names none, of the first, which runs what no other is
 * known for. Throws a sentence where a block is for another runtime.
 */
function fromRuntime(
  triton: TritonConfig,
  runtime: RuntimeManifest | undefined,
  runtimes: readonly RuntimeManifest[],
): FromRuntime {
  for (const { triton: mapping, ...other } of runtimes) {
    const { block } = mapping ?? {};
    if (block === undefined || !(block in triton) || other.name === runtime?.name) continue;
    throw new Error(`${block} needs platform '${mapping?.backends[0]}', got ${describeBackend(triton)}`);
  }
  const asked = runtime ?? runtimes[0];
  const { options, notices = [] } = asked?.triton?.fromTriton?.(triton) ?? {};
  return { section: asked === undefined || options === undefined ? {} : { [asked.name]: options }, notices };
}
