import { expect, it } from 'vitest';
import type { ModelTask, ModelTasks } from '../core/index.js';
import { generationSignature } from '../generation/index.js';
import type { Description } from './description.js';
import { checkTasks } from './tasks.js';

const GENERATE = { contextTokens: 8, maxOutputTokens: 8, chat: false };
const DESCRIPTION = {
  signature: generationSignature(GENERATE),
  decoupled: true,
  tasks: { generate: GENERATE },
} as unknown as Description;

const check =
  (change: Partial<Description>, listed: readonly ModelTask[] = ['generate']) =>
  () =>
    checkTasks({ ...DESCRIPTION, ...change }, listed);

it('takes what the manifest lists and the model can do', () => {
  expect(check({})).not.toThrow();
  expect(check({ tasks: {} }, [])).not.toThrow();
  expect(check({ tasks: { generate: { ...GENERATE, sampling: { temperature: 0, topK: -1 } } } })).not.toThrow();
});

it.each<[Partial<Description>, readonly ModelTask[], string]>([
  [{}, [], "tasks of the runtime: 'generate' is not in the manifest"],
  [
    { tasks: { paint: {} } as unknown as ModelTasks },
    ['generate'],
    "tasks of the runtime: expected generate, embed, sparse, rank, classify, tokenClassify, got 'paint'",
  ],
  [{ decoupled: false }, ['generate'], "tasks of the runtime: the task 'generate' requires decoupled: true, got false"],
  [
    { tasks: { generate: { ...GENERATE, contextTokens: Number.NaN } } },
    ['generate'],
    'tasks of the runtime: generate.contextTokens: expected an integer from 1 on, got NaN',
  ],
  [
    { tasks: { generate: { ...GENERATE, sampling: { temperature: 3 } } } },
    ['generate'],
    'tasks of the runtime: generate.sampling.temperature: expected a number from 0 to 2, got 3',
  ],
  [
    { tasks: { generate: { ...GENERATE, sampling: { heat: 1 } } } as unknown as ModelTasks },
    ['generate'],
    "tasks of the runtime: generate.sampling: expected temperature, topP, topK, minP, frequencyPenalty, presencePenalty, repetitionPenalty, got 'heat'",
  ],
  [
    { signature: generationSignature({ chat: true }) },
    ['generate'],
    "tasks of the runtime: the signature of 'generate' has text_input (BYTES), token_ids (INT32), text_output (BYTES), got text_input (BYTES), token_ids (INT32), chat_input (BYTES), text_output (BYTES)",
  ],
])('refuses %j with %j', (change, listed, message) => {
  expect(check(change, listed)).toThrow(message);
});
