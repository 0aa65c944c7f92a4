import { describe, expect, it } from 'vitest';
import { type Datatype, encodeElements, type InferResponse, type TensorSpec } from '../../core/index.js';
import { answeredClass } from './answered-class.js';

const outputOf = (datatype: Datatype, shape: readonly number[], elements: readonly unknown[]) => ({
  name: 'y',
  datatype,
  shape,
  data: encodeElements('y', datatype, elements),
});

function classOf(output: ReturnType<typeof outputOf>, spec: Partial<TensorSpec> = {}): string | undefined {
  const response = { outputs: [output] } as unknown as InferResponse;
  const outputs = [
    { name: 'y', datatype: output.datatype, shape: output.shape, batchAxis: null, optional: false, ...spec },
  ];
  return answeredClass(response, { inputs: [], outputs: outputs as readonly TensorSpec[] });
}

describe('the class of an answer', () => {
  it('is the highest of its first row, by its label where it has one', () => {
    const scores = outputOf('FP32', [2, 3], [0.1, 0.7, 0.2, 0.9, 0, 0.1]);
    expect(classOf(scores, { batchAxis: 0 })).toBe('1');
    expect(classOf(scores, { batchAxis: 0, labels: ['cat', 'dog', 'bird'] })).toBe('dog');
  });

  it('is a whole number, or a text', () => {
    expect(classOf(outputOf('INT64', [1], [7n]))).toBe('7');
    expect(classOf(outputOf('BOOL', [1], [true]))).toBe('1');
    expect(classOf(outputOf('BYTES', [1], ['dog']))).toBe('dog');
  });

  it('is not known of numbers with a fraction, long texts and nothing', () => {
    expect(classOf(outputOf('FP32', [1], [0.7]))).toBeUndefined();
    expect(classOf(outputOf('FP32', [2_000], new Array(2_000).fill(0)))).toBeUndefined();
    expect(classOf(outputOf('BYTES', [1], ['x'.repeat(300)]))).toBeUndefined();
    expect(classOf(outputOf('FP32', [0], []))).toBeUndefined();
  });
});
