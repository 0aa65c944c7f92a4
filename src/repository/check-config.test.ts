import { expect, it } from 'vitest';
import { configProblem } from './check-config.js';
import type { ModelConfig } from './model-config.js';

const levels = { levels: 2, default: 1 };

it.each<[ModelConfig, string | undefined]>([
  [{}, undefined],
  [{ file: 'sub/model.onnx', maxBatchSize: 8, batching: { preferredBatchSizes: [8] }, priorities: levels }, undefined],
  [{ maxBatchSize: 0, batching: { preferredBatchSizes: [1] } }, undefined],
  [{ file: '/model.onnx' }, "file: '/model.onnx' must be relative, not absolute"],
  [{ file: 'a\\..\\b' }, "file: 'a\\..\\b' must not contain '..'"],
  [
    { maxBatchSize: 4, batching: { preferredBatchSizes: [2, 8] } },
    'batching.preferredBatchSizes: 8 is over maxBatchSize 4',
  ],
  [{ priorities: { levels: 2, default: 3 } }, 'priorities.default: 3 is not one of the 2 levels'],
  [{ priorities: { ...levels, queues: { '1': {}, '3': {} } } }, 'priorities.queues: 3 is not one of the 2 levels'],
  [{ inputs: [{ name: 'x' }, { name: 'x' }] }, "tensor 'x' is configured twice"],
  [{ outputs: [{ name: 'y' }, { name: 'y' }] }, "tensor 'y' is configured twice"],
  [{ inputs: [{ name: 'x', labels: 'l.txt' }] }, "input 'x' has labels; only outputs can"],
])('configProblem(%j) is %j', (config, problem) => {
  expect(configProblem(config)).toBe(problem);
});
