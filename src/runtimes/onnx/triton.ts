import type { FromTriton, ToTriton, TritonSettings } from '../triton-mapping.js';
import type { OnnxConfig } from './section.js';

/** Settings of Triton's ONNX Runtime backend: its `optimization` block, its parameters, its accelerators. */
export function fromTriton(triton: TritonSettings): FromTriton<OnnxConfig> {
  const options: OnnxConfig = {
    ...fromGraphLevel(triton),
    ...threads(triton, 'intra_op_thread_count', 'intraOpThreads'),
    ...threads(triton, 'inter_op_thread_count', 'interOpThreads'),
    ...fromExecutionMode(triton),
    ...flag(triton, 'enable_mem_arena', 'enableCpuMemArena'),
    ...flag(triton, 'enable_mem_pattern', 'enableMemPattern'),
    ...fromProviders(triton),
  };
  const accelerators = triton.optimization?.execution_accelerators;
  const notices = (accelerators?.cpu_execution_accelerator ?? []).map(
    ({ name }) => `execution accelerator '${name}' is not available; the model runs on ONNX Runtime's own CPU kernels`,
  );
  return { options: Object.keys(options).length === 0 ? undefined : options, notices };
}

/** TensorRT, where instances on a GPU ask for it, in front of the CUDA provider that they have anyway. */
function fromProviders(triton: TritonSettings): Pick<OnnxConfig, 'executionProviders'> {
  const onGpu = triton.instance_group.some((group) => group.kind === 'KIND_GPU' && !group.passive);
  const accelerators = triton.optimization?.execution_accelerators?.gpu_execution_accelerator ?? [];
  const tensorrt = accelerators.some((accelerator) => accelerator.name === 'tensorrt');
  return onGpu && tensorrt ? { executionProviders: ['tensorrt', 'cuda'] } : {};
}

/** Levels of the backend: -1 basic, 1 extended, 2 none; anything else all. */
function fromGraphLevel(triton: TritonSettings): Pick<OnnxConfig, 'graphOptimization'> {
  const written = triton.optimization?.graph?.level ?? parameter(triton, 'optimization.graph.level', 'level');
  if (written === undefined) return {};
  const level = Number(written);
  if (level === -1) return { graphOptimization: 'basic' };
  if (level === 1) return { graphOptimization: 'extended' };
  return { graphOptimization: level === 2 ? 'disabled' : 'all' };
}

function fromExecutionMode(triton: TritonSettings): Pick<OnnxConfig, 'executionMode'> {
  const written = parameter(triton, 'execution_mode');
  if (written === undefined) return {};
  if (written === '0' || written === '1') return { executionMode: written === '0' ? 'sequential' : 'parallel' };
  throw new Error(`parameters.execution_mode: expected 0 (sequential) or 1 (parallel), got '${written}'`);
}

function threads<Key extends 'intraOpThreads' | 'interOpThreads'>(
  triton: TritonSettings,
  name: string,
  key: Key,
): OnnxConfig {
  const written = parameter(triton, name);
  if (written === undefined) return {};
  if (!/^\d{1,4}$/.test(written)) throw new Error(`parameters.${name}: expected a number of threads, got '${written}'`);
  return { [key]: Number(written) };
}

function flag(triton: TritonSettings, name: string, key: 'enableCpuMemArena' | 'enableMemPattern'): OnnxConfig {
  const written = parameter(triton, name);
  if (written === undefined) return {};
  if (written === '0' || written === '1') return { [key]: written === '1' };
  throw new Error(`parameters.${name}: expected 0 or 1, got '${written}'`);
}

function parameter({ parameters }: TritonSettings, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const written = parameters[name]?.string_value.trim();
    if (written !== undefined) return written;
  }
  return undefined;
}

const GRAPH_LEVELS: Readonly<Record<NonNullable<OnnxConfig['graphOptimization']>, number>> = {
  disabled: 2,
  basic: -1,
  extended: 1,
  layout: 0,
  all: 0,
};

/** What is written of the section, under the names that Triton's ONNX Runtime backend gives it. */
export function toTriton(options: OnnxConfig): ToTriton {
  const { graphOptimization, executionMode } = options;
  const settings = {
    intra_op_thread_count: options.intraOpThreads,
    inter_op_thread_count: options.interOpThreads,
    execution_mode: executionMode === undefined ? undefined : Number(executionMode === 'parallel'),
    enable_mem_arena: options.enableCpuMemArena === undefined ? undefined : Number(options.enableCpuMemArena),
    enable_mem_pattern: options.enableMemPattern === undefined ? undefined : Number(options.enableMemPattern),
  };
  const written = Object.entries(settings).filter(([, value]) => value !== undefined);
  return {
    optimization: graphOptimization === undefined ? {} : { graph: { level: GRAPH_LEVELS[graphOptimization] } },
    parameters: Object.fromEntries(written.map(([name, value]) => [name, String(value)])),
  };
}
