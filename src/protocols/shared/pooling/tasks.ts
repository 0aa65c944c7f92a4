import { type CallContext, MillraceError, MODEL_TASKS, type ModelTask } from '../../../core/index.js';
import type { ServedModel, Service } from '../../../service/index.js';
import { ParameterError } from '../generation/parameter-error.js';

const MAX_LISTED = 5;
/** Abilities of models with a task, in the plural and of one. */
const ABILITIES: Readonly<Record<ModelTask, readonly [string, string]>> = {
  generate: ['generate text', 'generates text'],
  embed: ['embed texts', 'embeds texts'],
  sparse: ['make sparse embeddings', 'makes sparse embeddings'],
  rank: ['rank texts', 'ranks texts'],
  classify: ['classify texts', 'classifies texts'],
  tokenClassify: ['classify tokens', 'classifies tokens'],
};

/** The task of a model. Default: it has none. */
export function taskOf({ tasks }: Pick<ServedModel, 'tasks'>): ModelTask | undefined {
  return MODEL_TASKS.find((task) => tasks?.[task] !== undefined);
}

/** The error of a model without the task, which names others that the caller may see. */
export function lacksTask(
  service: Pick<Service, 'models'>,
  call: CallContext,
  { name, info, task }: Lacking,
): MillraceError {
  const own = taskOf(info);
  const others = namesWith([task], service.models.readyModels(call, 'suggest'));
  const [ability] = ABILITIES[task];
  const instead = own === undefined ? '' : `; it ${ABILITIES[own][1]}`;
  const use = others.length === 0 ? '' : `; models that ${ability}: ${listed(others)}`;
  return new MillraceError('unimplemented', `model '${name}' does not ${ability}${instead}${use}`, {
    subject: { parameter: 'model' },
  });
}

interface Lacking {
  /** As the caller named it. */
  readonly name: string;
  readonly info: ServedModel;
  readonly task: ModelTask;
}

/**
 * The only model with one of the tasks that the caller may infer, for a request that names none. `hint` ends the error's text where there are several. Throws
 * `ParameterError` where there are several, or none, and `unavailable` while models are being loaded.
 */
export function onlyModel(
  service: Pick<Service, 'models' | 'server'>,
  call: CallContext,
  { tasks, hint }: Unnamed,
): string {
  const names = namesWith(tasks, service.models.readyModels(call, 'infer'));
  const [only] = names;
  if (only === undefined && !service.server.ready()) {
    throw new MillraceError('unavailable', 'no model is ready yet; try again later', { retryAfterMs: 1_000 });
  }
  if (only !== undefined && names.length === 1) return only;
  const abilities = (number: 0 | 1) => tasks.map((task) => ABILITIES[task][number]).join(' or ');
  const expected = "'model': expected the name of a model, got nothing";
  const found =
    only === undefined
      ? `no model that this caller may infer ${abilities(1)}`
      : `${names.length} models ${abilities(0)}: ${listed(names)}${hint}`;
  throw new ParameterError('model', `${expected}; ${found}`);
}

interface Unnamed {
  readonly tasks: readonly ModelTask[];
  readonly hint: string;
}

function namesWith(tasks: readonly ModelTask[], models: readonly ServedModel[]): readonly string[] {
  const names = models
    .filter((info) => tasks.some((task) => info.tasks?.[task] !== undefined))
    .map(({ ref }) => ref.name);
  return [...new Set(names)].sort();
}

function listed(names: readonly string[]): string {
  const quoted = names.slice(0, MAX_LISTED).map((name) => `'${name}'`);
  return `${quoted.join(', ')}${names.length > MAX_LISTED ? `, and ${names.length - MAX_LISTED} more` : ''}`;
}
