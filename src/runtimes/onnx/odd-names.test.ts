import { afterAll, expect, it } from 'vitest';
import { OnnxFixture } from '../../../test/support/onnx-fixture.js';
import { batchItem, fp32, numbersOf } from '../../../test/support/tensors.js';
import { runBatch } from '../../../test/support/test-host.js';

const fixture = new OnnxFixture();
afterAll(() => fixture.remove());

const graph = (input: string, output: string) => ({
  inputs: [{ name: input, type: 'float32', dims: ['n', 2] } as const],
  outputs: [{ name: output, type: 'float32', dims: ['n', 2] } as const],
  nodes: [{ op: 'Identity', inputs: [input], outputs: [output] }],
});

it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])('a tensor may be called %s', async (name) => {
  const model = await fixture.load(graph(`${name}`, `${name}_out`));
  const out = await fixture.load(graph('x', name));
  const one = await runBatch(model, [batchItem(1, [fp32(name, [1, 2], [1, 2])])]);
  const other = await runBatch(out, [batchItem(1, [fp32('x', [1, 2], [1, 2])])]);
  expect([one, other].map(({ emissions }) => numbersOf(emissions[0]?.outputs[0]))).toEqual([
    [1, 2],
    [1, 2],
  ]);
});
