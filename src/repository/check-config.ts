import { sequenceProblem } from './check-sequences.js';
import { relativePathProblem } from './files.js';
import type { ModelConfig, TensorConfig } from './model-config.js';

/** The first contradiction inside a configuration that its schema cannot express; undefined when there is none. */
export function configProblem(config: ModelConfig): string | undefined {
  return (
    fileProblem(config) ??
    batchProblem(config) ??
    priorityProblem(config) ??
    tensorProblem(config) ??
    ensembleProblem(config) ??
    sequenceProblem(config)
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
  const labelled = inputs.find((input) => input.labels !== undefined);
  return labelled === undefined ? undefined : `input '${labelled.name}' has labels; only outputs can`;
}

function duplicateOf(tensors: readonly TensorConfig[]): string | undefined {
  const names = tensors.map((tensor) => tensor.name);
  return names.find((name, index) => names.indexOf(name) !== index);
}

/** An ensemble has no file and no instances: it waits for its models, in the server itself. */
function ensembleProblem(config: ModelConfig): string | undefined {
  const { ensemble, runtime, inputs = [], outputs = [] } = config;
  if (ensemble === undefined) return runtime === 'ensemble' ? 'ensemble.steps: an ensemble needs steps' : undefined;
  if (runtime !== undefined && runtime !== 'ensemble') return `runtime: ${runtime} has no ensemble.steps`;
  if (config.instances !== undefined) return 'instances: an ensemble has none; configure those of its models';
  if (config.batching?.enabled === true) return 'batching: an ensemble puts nothing together; its models do';
  if ((config.warmup ?? []).length > 0) return 'warmup: an ensemble has none; configure that of its models';
  if (outputs.length === 0) return 'outputs: an ensemble needs at least one';
  const vague = [...inputs, ...outputs].find(({ datatype, shape }) => datatype === undefined || shape === undefined);
  return vague === undefined ? undefined : `tensor '${vague.name}': in an ensemble it needs datatype and shape`;
}
