import { MillraceError, MODEL_TASKS, type ModelTask } from '../core/index.js';
import { generationSignature } from '../generation/index.js';
import type { Description } from './contract.js';

/** Refuses tasks that the manifest of the runtime does not list, and models that cannot do what they say. */
export function checkTasks({ tasks = {}, decoupled, signature }: Description, listed: readonly ModelTask[]): void {
  const refuse = (problem: string) => new MillraceError('internal', `tasks of the runtime: ${problem}`);
  for (const task of Object.keys(tasks)) {
    if (!MODEL_TASKS.some((known) => known === task)) {
      throw refuse(`expected ${MODEL_TASKS.join(', ')}, got '${task.slice(0, 100)}'`);
    }
    if (!listed.some((each) => each === task)) throw refuse(`'${task}' is not in the manifest`);
  }
  const { generate } = tasks;
  if (generate === undefined) return;
  if (!decoupled) throw refuse("the task 'generate' requires decoupled: true, got false");
  for (const name of ['contextTokens', 'maxOutputTokens', 'vocabularySize'] as const) {
    const value = generate[name];
    if (name === 'vocabularySize' && value === undefined) continue;
    if (!Number.isSafeInteger(value) || (value as number) < 1) {
      throw refuse(`generate.${name}: expected an integer from 1 on, got ${String(value).slice(0, 40)}`);
    }
  }
  const expected = generationSignature(generate);
  const named = ({ inputs, outputs }: typeof signature) =>
    [...inputs, ...outputs].map(({ name, datatype }) => `${name} (${datatype})`).join(', ');
  if (named(signature) !== named(expected)) {
    throw refuse(`the signature of 'generate' has ${named(expected)}, got ${named(signature)}`);
  }
}
