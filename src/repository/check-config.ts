import type { RuntimeManifest } from '../runtimes/index.js';
import { sequenceProblem } from './check-sequences.js';
import { relativePathProblem } from './files.js';
import { type ModelConfig, sectionOf, type TensorConfig } from './model-config.js';

/** The first contradiction inside a configuration that its schema cannot express; undefined when there is none. */
export function configProblem(config: ModelConfig, runtimes: readonly RuntimeManifest[]): string | undefined {
  return (
    fileProblem(config) ??
    batchProblem(config) ??
    priorityProblem(config) ??
    tensorProblem(config) ??
    runtimeProblem(config, runtimes) ??
    sequenceProblem(config) ??
    backgroundProblem(config)
  );
}

function backgroundProblem({ instances = {}, sequenceBatching }: ModelConfig): string | undefined {
  const { background = 0, placement, runner } = instances;
  if (background === 0) return undefined;
  if (placement === 'inline')
    return 'instances.background: expected 0 with the placement inline, which has no process to lower in priority';
  if (runner !== undefined) return `instances.background: expected 0 for a model that shares runner '${runner}'`;
  return (
    sequenceBatching &&
    'instances.background: expected 0 for a model of sequences, whose requests go where their state is'
  );
}

function fileProblem({ file }: ModelConfig): string | undefined {
  const problem = file === undefined ? undefined : relativePathProblem(file);
  return problem === undefined ? undefined : `file: '${file}' ${problem}`;
}

function batchProblem({ batching, maxBatchSize }: ModelConfig): string | undefined {
  if (maxBatchSize === undefined) return undefined;
  const tooLarge = batching?.preferredBatchSizes?.find((size) => size > Math.max(maxBatchSize, 1));
  if (tooLarge !== undefined) return `batching.preferredBatchSizes: ${tooLarge} is over maxBatchSize ${maxBatchSize}`;
  return undefined;
}

function priorityProblem({ priorities }: ModelConfig): string | undefined {
  if (priorities === undefined) return undefined;
  const { levels, default: level, queues = {} } = priorities;
  if (level > levels) return `priorities.default: ${level} is not one of the ${levels} levels`;
  const unknown = Object.keys(queues).find((name) => Number(name) > levels);
  return unknown === undefined ? undefined : `priorities.queues: ${unknown} is not one of the ${levels} levels`;
}

function tensorProblem({ inputs = [], outputs = [] }: ModelConfig): string | undefined {
  const twice = duplicateOf(inputs) ?? duplicateOf(outputs);
  if (twice !== undefined) return `tensor '${twice}' is configured twice`;
  return (
    misplaced('input', inputs, ['labels', 'softmax', 'topK']) ??
    misplaced('output', outputs, ['image', 'audio']) ??
    bothMedia(inputs)
  );
}

function misplaced(
  kind: 'input' | 'output',
  tensors: readonly TensorConfig[],
  keys: readonly (keyof TensorConfig)[],
): string | undefined {
  for (const tensor of tensors) {
    const key = keys.find((candidate) => tensor[candidate] !== undefined);
    if (key !== undefined)
      return `${kind} '${tensor.name}' has ${key}; only ${kind === 'input' ? 'outputs' : 'inputs'} can`;
  }
  return undefined;
}

function bothMedia(inputs: readonly TensorConfig[]): string | undefined {
  const both = inputs.find(({ image, audio }) => image !== undefined && audio !== undefined);
  return both && `input '${both.name}' has both image and audio`;
}

function duplicateOf(tensors: readonly TensorConfig[]): string | undefined {
  const names = tensors.map((tensor) => tensor.name);
  return names.find((name, index) => names.indexOf(name) !== index);
}

/** What the runtimes find that the configuration names or has sections of. */
function runtimeProblem(config: ModelConfig, runtimes: readonly RuntimeManifest[]): string | undefined {
  for (const runtime of runtimes) {
    const section = sectionOf(config, runtime);
    if (section === undefined && config.runtime !== runtime.name) continue;
    const problem = runtime.configProblem?.(config, section);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
