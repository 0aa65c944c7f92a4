import { describe, expect, it } from 'vitest';
import {
  bytesElements,
  bytesOf,
  type Datatype,
  type NumericArray,
  systemClock,
  type Tensor,
  type TensorSpec,
  Turns,
} from '../core/index.js';
import { classifyOutputs } from './classify.js';

function output(datatype: Datatype, shape: readonly number[], values: NumericArray): Tensor {
  return { name: 'y', datatype, shape, data: bytesOf(values) };
}

function spec(fields: Partial<TensorSpec> = {}): TensorSpec {
  return { name: 'y', datatype: 'FP32', shape: [-1, -1], batchAxis: 0, optional: false, ...fields };
}

const turns = new Turns(systemClock);

async function classes(tensor: Tensor, count: number, tensorSpec = spec()) {
  const requested = [{ name: 'y', classificationCount: count }];
  const [ranked] = await classifyOutputs([tensor], { requested, specs: [tensorSpec] }, turns);
  const text = new TextDecoder();
  return {
    shape: ranked?.shape,
    elements: bytesElements(ranked?.data ?? new Uint8Array()).map((bytes) => text.decode(bytes)),
  };
}

describe('classifyOutputs', () => {
  it('ranks each row by falling value, with labels where there are some', async () => {
    const tensor = output('FP32', [2, 3], Float32Array.from([0.5, 2.25, -1, 9, 8, 7]));
    expect(await classes(tensor, 2, spec({ labels: ['cat', 'dog'] }))).toEqual({
      shape: [2, 2],
      elements: ['2.250000:1:dog', '0.500000:0:cat', '9.000000:0:cat', '8.000000:1:dog'],
    });
  });

  it('gives all classes when more are asked for, and no batch dimension where the model has none', async () => {
    const tensor = output('INT64', [3], BigInt64Array.from([5n, 9_007_199_254_740_993n, -1n]));
    expect(await classes(tensor, 10, spec({ datatype: 'INT64', shape: [3], batchAxis: null }))).toEqual({
      shape: [3],
      elements: ['9007199254740993:1', '5:0', '-1:2'],
    });
  });

  it('ranks NaN last and equal values by index', async () => {
    const tensor = output('FP32', [1, 4], Float32Array.from([Number.NaN, 1, 2, 1]));
    expect((await classes(tensor, 4)).elements).toEqual(['2.000000:2', '1.000000:1', '1.000000:3', 'nan:0']);
  });

  it('makes probabilities of logits where the output says so', async () => {
    const tensor = output('FP32', [2, 2], Float32Array.from([0, Math.log(3), 1000, -1000]));
    expect((await classes(tensor, 2, spec({ softmax: true, labels: ['a', 'b'] }))).elements).toEqual([
      '0.750000:1:b',
      '0.250000:0:a',
      '1.000000:0:a',
      '0.000000:1:b',
    ]);
    const integers = output('INT64', [2], BigInt64Array.from([7n, 7n]));
    const logits = spec({ datatype: 'INT64', shape: [2], batchAxis: null, softmax: true });
    expect((await classes(integers, 1, logits)).elements).toEqual(['0.500000:0']);
    const unknown = output('FP32', [1, 2], Float32Array.from([Number.NaN, 1]));
    expect((await classes(unknown, 1, spec({ softmax: true }))).elements).toEqual(['nan:0']);
  });

  it('leaves other outputs alone and refuses BYTES', async () => {
    const tensor = output('FP32', [1, 1], Float32Array.from([1]));
    const [other] = await classifyOutputs([tensor], { requested: [], specs: [] }, turns);
    expect(other).toBe(tensor);
    const text: Tensor = { name: 'y', datatype: 'BYTES', shape: [1, 1], data: new Uint8Array(4) };
    await expect(classes(text, 1)).rejects.toThrow("output 'y' is BYTES: it has no classes to rank");
  });
});
