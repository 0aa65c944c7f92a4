import { expect, it } from 'vitest';
import { BUILT_IN_RUNTIMES } from '../runtimes/index.js';
import { configProblem } from './check-config.js';
import type { ModelConfig } from './model-config.js';

const out = { name: 'y', datatype: 'FP32', shape: [1] } as const;
const ensemble = { steps: [{ model: 'm', inputs: { a: 'x' }, outputs: { b: 'y' } }] };
const start = { name: 'START', kind: 'start', datatype: 'INT32' } as const;
const state = { input: 's', output: 't', datatype: 'FP32' as const, shape: [2, 1], batchAxis: 1 };
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
  [{ inputs: [{ name: 'x', topK: 3 }] }, "input 'x' has topK; only outputs can"],
  [{ outputs: [{ name: 'y', image: {} }] }, "output 'y' has image; only inputs can"],
  [{ inputs: [{ name: 'x', image: {}, audio: { rateHz: 8_000 } }] }, "input 'x' has both image and audio"],
  [{ sequenceBatching: { controls: [start], states: [state] }, inputs: [{ name: 'x' }] }, undefined],
  [
    { sequenceBatching: { controls: [start, { ...start, name: 'BEGIN' }] } },
    "sequenceBatching.controls: 'BEGIN' is a second start",
  ],
  [
    { sequenceBatching: { controls: [{ ...start, datatype: 'INT64' }] } },
    "sequenceBatching.controls: 'START': start is one of BOOL, INT32, FP32, got INT64",
  ],
  [
    { sequenceBatching: { controls: [{ ...start, kind: 'correlationId', datatype: 'FP32' }] } },
    "sequenceBatching.controls: 'START': correlationId is one of UINT64, INT64, UINT32, INT32, BYTES, got FP32",
  ],
  [
    { sequenceBatching: { states: [{ ...state, batchAxis: 0 }] } },
    "sequenceBatching.states: 's': the shape of one sequence must be 1 along batchAxis 0, got [2,1]",
  ],
  [
    { sequenceBatching: { controls: [{ ...start, name: 's' }], states: [state] } },
    "sequenceBatching: tensor 's' is configured twice",
  ],
  [
    { sequenceBatching: { controls: [start] }, inputs: [{ name: 'START' }] },
    "inputs: 'START' is a control of sequenceBatching, which clients do not send",
  ],
  [
    { sequenceBatching: { states: [state] }, inputs: [{ name: 's' }] },
    "inputs: 's' is a state of sequenceBatching, which clients do not send",
  ],
  [{ sequenceBatching: { states: [state] }, outputs: [{ name: 't' }] }, undefined],
  [{ ensemble, outputs: [{ ...out, shape: [1] }], batching: { enabled: false } }, undefined],
  [{ runtime: 'ensemble' }, 'ensemble.steps: an ensemble needs steps'],
  [{ runtime: 'onnx', ensemble }, 'runtime: onnx has no ensemble.steps'],
  [{ ensemble, instances: { count: 2 } }, 'instances: an ensemble has none; configure those of its models'],
  [{ ensemble, batching: { enabled: true } }, 'batching: an ensemble puts nothing together; its models do'],
  [{ ensemble, warmup: [{ name: 'w', inputs: {} }] }, 'warmup: an ensemble has none; configure that of its models'],
  [{ ensemble }, 'outputs: an ensemble needs at least one'],
  [{ ensemble, outputs: [{ name: 'y', shape: [1] }] }, "tensor 'y': in an ensemble it needs datatype and shape"],
  [
    { instances: { background: 1, placement: 'inline' } },
    'instances.background: expected 0 with the placement inline, which has no process to lower in priority',
  ],
  [
    { instances: { background: 1, runner: 'shared' } },
    "instances.background: expected 0 for a model that shares runner 'shared'",
  ],
  [
    { instances: { background: 1 }, sequenceBatching: { strategy: 'direct' } },
    'instances.background: expected 0 for a model of sequences, whose requests go where their state is',
  ],
  [{ instances: { background: 1 } }, undefined],
])('configProblem(%j) is %j', (config, problem) => {
  expect(configProblem(config, BUILT_IN_RUNTIMES)).toBe(problem);
});
