import { describe, expect, it } from 'vitest';
import { BUILT_IN_RUNTIMES } from '../../runtimes/index.js';
import { createModelConfigSchema } from '../model-config.js';
import { parseModelYaml } from './parse-model-yaml.js';

const schema = createModelConfigSchema(BUILT_IN_RUNTIMES);
const read = (text: string) => parseModelYaml(text, schema).config;

describe('parseModelYaml', () => {
  it('reads every section', () => {
    const text = `
name: mlp
runtime: onnx
maxBatchSize: 32
inputs:
  - { name: x, datatype: FP32, shape: [-1, 16] }
outputs:
  - name: y
    labels: labels.txt
versions: { latest: 2 }
batching: { enabled: true, preferredBatchSizes: [8, 16], maxQueueDelayMs: 0.5 }
queue: { maxRequests: 10, timeoutMs: 100, timeoutAction: delay }
priorities: { levels: 2, default: 1, queues: { "2": { maxRequests: 1 } } }
instances: { count: 2, placement: inline }
warmup:
  - name: zeros
    inputs: { x: { data: zero } }
onnx: { intraOpThreads: 2 }
`;
    expect(read(text)).toMatchObject({
      name: 'mlp',
      maxBatchSize: 32,
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 16] }],
      versions: { latest: 2 },
      priorities: { levels: 2, default: 1, queues: { '2': { maxRequests: 1 } } },
      warmup: [{ name: 'zeros', inputs: { x: { data: 'zero' } } }],
    });
  });

  it('says where labels of versions are written', () => {
    const { labelPlaces } = parseModelYaml('name: a\nlabels:\n  stable: 3\n  canary: 4\n', schema);
    expect(labelPlaces).toEqual({ stable: '3:3', canary: '4:3' });
    expect(parseModelYaml('labels: {}', schema)).toEqual({ config: { labels: {} } });
  });

  it('takes an empty file for an empty configuration', () => {
    expect(read('')).toEqual({});
    expect(read('# nothing yet\n')).toEqual({});
  });

  it('reads JSON, which is YAML', () => {
    expect(read('{"maxBatchSize": 4}')).toEqual({ maxBatchSize: 4 });
  });

  it.each([
    ['maxBatchSiz: 8', "1:1: unknown key 'maxBatchSiz'; did you mean 'maxBatchSize'?"],
    ['name: a\nbatching:\n  maxDelay: 1\n', "3:3: unknown key 'batching.maxDelay'"],
    ['completely_else: 1', "1:1: unknown key 'completely_else'"],
    ['maxBatchSize: eight', "1:1: maxBatchSize: expected an integer of at least 0, got 'eight'"],
    ['maxBatchSize: -1', '1:1: maxBatchSize: expected an integer of at least 0, got -1'],
    ['instances: { count: 65 }', '1:14: instances.count: expected an integer from 1 to 64, got 65'],
    [
      'warmup: [{ name: w, count: 4000000000, inputs: {} }]',
      '1:21: warmup[0].count: expected an integer from 1 to 10000, got 4000000000',
    ],
    ['limits: { executionTimeoutMs: 0 }', '1:11: limits.executionTimeoutMs: expected a number above 0, got 0'],
    ['name: ""', "1:1: name: expected a text that is not empty, got ''"],
    ['instances: { placement: thread }', "1:14: instances.placement: expected one of process, inline, got 'thread'"],
    [
      'inputs:\n  - name: x\n    datatype: fp23\n',
      '3:5: inputs[0].datatype: expected one of BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, ' +
        "FP16, FP32, FP64, BF16, BYTES, got 'fp23'; did you mean 'FP16'?",
    ],
    ['inputs:\n  - datatype: FP32\n', "2:5: 'inputs[0].name' is missing; expected a text that is not empty"],
    ['inputs: { x: FP32 }', '1:1: inputs: expected a list, each item a map with name, datatype, shape, got a map'],
    ['versions: newest', "1:1: versions: expected one of all, a map with latest, a map with specific, got 'newest'"],
    ['queue: 5', '1:1: queue: expected a map with maxRequests, timeoutMs, timeoutAction, got 5'],
    ['batching: { preserveOrder: maybe }', "1:13: batching.preserveOrder: expected true or false, got 'maybe'"],
    ['parameters: [a]', '1:1: parameters: expected a map, got a list'],
    ['- a\n- b\n', '1:1: expected a map with name, runtime, platform, got a list'],
    ['just a text', "1:1: expected a map with name, runtime, platform, got 'just a text'"],
    ['a: 1\nb: [1, 2\n', '3:1: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['name: a\nname: b\n', '2:1: Map keys must be unique'],
    ['a: 1\nb: 2\nc: 3\nd: 4\n', "1:1: unknown key 'a'; 2:1: unknown key 'b'; 3:1: unknown key 'c'; and 1 more"],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(new Error(message));
  });

  it('refuses a bomb of aliases', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (const [index, name] of ['b', 'c', 'd', 'e'].entries()) {
      const before = ['a', 'b', 'c', 'd'][index];
      lines.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`);
    }
    expect(() => read(lines.join('\n'))).toThrow('Excessive alias count');
  });
});
