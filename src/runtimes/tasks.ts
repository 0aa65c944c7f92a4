import {
  type ClassificationSpec,
  EMBEDDING_POOLINGS,
  type EmbeddingSpec,
  type GenerationSpec,
  MillraceError,
  MODEL_TASKS,
  type ModelTask,
  type PoolingSpec,
  poolingSpecOf,
  type Signature,
  type TokenClassificationSpec,
} from '../core/index.js';
import { generationSignature, isSamplingValue, NUMBER_LIMITS, SAMPLING_NAMES } from '../generation/index.js';
import { poolingSignature } from '../pooling/index.js';
import type { Description } from './description.js';

type Checked = Pick<Description, 'decoupled' | 'signature'>;

/** Refuses tasks that the manifest of the runtime does not list, and models that cannot do what they say. */
export function checkTasks(description: Description, listed: readonly ModelTask[]): void {
  const { tasks = {} } = description;
  for (const task of Object.keys(tasks)) {
    if (!MODEL_TASKS.some((known) => known === task)) {
      throw refuse(`expected ${MODEL_TASKS.join(', ')}, got '${task.slice(0, 100)}'`);
    }
    if (!listed.some((each) => each === task)) throw refuse(`'${task}' is not in the manifest`);
  }
  const { generate, embed, classify, tokenClassify } = tasks;
  const [first, second] = MODEL_TASKS.filter((task) => tasks[task] !== undefined);
  if (first === undefined) return;
  if (second !== undefined) throw refuse(`a model has one task, got '${first}' and '${second}'`);
  if (generate !== undefined) checkGenerate(generate, description);
  if (embed !== undefined) checkEmbed(embed);
  if (classify !== undefined) checkLabels('classify', classify);
  if (tokenClassify !== undefined) checkLabels('tokenClassify', tokenClassify);
  const pooling = poolingSpecOf(tasks);
  if (pooling !== undefined) checkPooling(first, pooling, description);
  const expected = generate === undefined ? poolingSignature(tasks) : generationSignature(generate);
  checkSignature(first, description.signature, expected);
}

function checkGenerate(generate: GenerationSpec, { decoupled }: Checked): void {
  if (!decoupled) throw refuse("the task 'generate' requires decoupled: true, got false");
  checkCount('generate.contextTokens', generate.contextTokens);
  checkCount('generate.maxOutputTokens', generate.maxOutputTokens);
  if (generate.vocabularySize !== undefined) checkCount('generate.vocabularySize', generate.vocabularySize);
  for (const [name, value] of Object.entries(generate.sampling ?? {})) checkSampling(name, value);
}

function checkSampling(given: string, value: unknown): void {
  const name = SAMPLING_NAMES.find((each) => each === given);
  if (name === undefined) {
    throw refuse(`generate.sampling: expected ${SAMPLING_NAMES.join(', ')}, got '${shown(given)}'`);
  }
  if (isSamplingValue(name, value)) return;
  const { least, most } = NUMBER_LIMITS[name];
  throw refuse(`generate.sampling.${name}: expected a number from ${least} to ${most}, got ${shown(value)}`);
}

function checkEmbed({ dimensions, pooling }: EmbeddingSpec): void {
  checkCount('embed.dimensions', dimensions);
  if (EMBEDDING_POOLINGS.includes(pooling)) return;
  throw refuse(`embed.pooling: expected one of ${EMBEDDING_POOLINGS.join(', ')}, got ${shown(pooling)}`);
}

function checkLabels(task: ModelTask, { labels }: ClassificationSpec | TokenClassificationSpec): void {
  if (labels.length === 0) throw refuse(`${task}.labels: expected at least one`);
}

function checkPooling(task: ModelTask, { maxInputTokens, vocabularySize }: PoolingSpec, { decoupled }: Checked): void {
  if (decoupled) throw refuse(`the task '${task}' requires decoupled: false, got true`);
  checkCount(`${task}.maxInputTokens`, maxInputTokens);
  checkCount(`${task}.vocabularySize`, vocabularySize);
}

function checkSignature(task: ModelTask, signature: Signature, expected: Signature): void {
  const named = ({ inputs, outputs }: Signature) =>
    [...inputs, ...outputs].map(({ name, datatype }) => `${name} (${datatype})`).join(', ');
  if (named(signature) === named(expected)) return;
  throw refuse(`the signature of '${task}' has ${named(expected)}, got ${named(signature)}`);
}

function checkCount(name: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw refuse(`${name}: expected an integer from 1 on, got ${shown(value)}`);
}

function shown(value: unknown): string {
  return String(value).slice(0, 40);
}

function refuse(problem: string): MillraceError {
  return new MillraceError('internal', `tasks of the runtime: ${problem}`);
}
