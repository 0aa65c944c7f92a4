import { describe, expect, it } from 'vitest';
import type { Signature, TensorSpec } from '../core/index.js';
import { completeSignature } from './complete.js';
import { declaredSignature } from './declared.js';
import type { ModelConfig } from './model-config.js';

function spec(name: string, shape: number[], extra: Partial<TensorSpec> = {}): TensorSpec {
  return { name, datatype: 'FP32', shape, batchAxis: shape[0] === -1 ? 0 : null, optional: false, ...extra };
}

const FILE: Signature = { inputs: [spec('x', [-1, 16])], outputs: [spec('y', [-1, 10]), spec('z', [-1])] };

function complete(declared: ModelConfig, described: Signature = FILE, labels = {}) {
  return completeSignature({ declared, described, labels, defaultMaxBatchSize: 64 });
}

function withInput(fields: Partial<TensorSpec>): Signature {
  return { ...FILE, inputs: FILE.inputs.map((spec) => ({ ...spec, ...fields })) };
}

describe('completeSignature', () => {
  it('takes everything from the file when nothing is configured', () => {
    const { signature, maxBatchSize } = complete({});
    expect(maxBatchSize).toBe(64);
    expect(signature).toEqual(FILE);
  });

  it('gives a tensor called like what all objects have no labels of theirs, and refuses the one name that cannot be served', () => {
    const described = (name: string) => ({ inputs: [spec('x', [-1])], outputs: [spec(name, [-1])] });
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      expect(complete({}, described(name)).signature.outputs).toEqual([spec(name, [-1])]);
    }
    expect(() => complete({}, described('__proto__'))).toThrow(
      "output '__proto__' cannot be served: the name has a meaning of its own in JavaScript; rename the tensor in the model",
    );
    expect(() => complete({}, { ...FILE, inputs: [spec('__proto__', [1])] })).toThrow("input '__proto__' cannot");
  });

  it('does not batch a model of which one tensor has a fixed first dimension', () => {
    const described = { inputs: [spec('x', [-1, 16]), spec('state', [2, -1, 128])], outputs: [spec('y', [-1, 10])] };
    const { signature, maxBatchSize } = complete({}, described);
    expect(maxBatchSize).toBe(0);
    expect(signature.inputs.map((input) => input.batchAxis)).toEqual([null, null]);
  });

  it('leaves alone what counts no rows, where the runtime tells it from what does', () => {
    const described = {
      inputs: [spec('x', [-1, 16]), spec('rate', [], { datatype: 'INT64' }), spec('k', [3])],
      outputs: [spec('y', [-1, 10])],
    };
    const declared: ModelConfig = { maxBatchSize: 8, inputs: [{ name: 'rate', datatype: 'INT64', shape: [] }] };
    const { signature, maxBatchSize } = complete(declared, described);
    expect(maxBatchSize).toBe(8);
    expect(signature.inputs.map(({ shape, batchAxis }) => [shape, batchAxis])).toEqual([
      [[-1, 16], 0],
      [[], null],
      [[3], null],
    ]);
  });

  it('does not batch a model whose configuration fixes the first dimension', () => {
    const { signature, maxBatchSize } = complete({ inputs: [{ name: 'x', shape: [1, 16] }] });
    expect(maxBatchSize).toBe(0);
    expect(signature.inputs[0]?.shape).toEqual([1, 16]);
  });

  it('does not batch a scalar or a model without tensors', () => {
    expect(complete({}, { inputs: [spec('x', [])], outputs: [] }).maxBatchSize).toBe(0);
    expect(complete({}, { inputs: [], outputs: [] }).maxBatchSize).toBe(0);
  });

  it('serves only the outputs that are configured, in the order of the file', () => {
    expect(complete({ outputs: [{ name: 'z' }] }).signature.outputs.map((output) => output.name)).toEqual(['z']);
    expect(complete({ outputs: [{ name: 'z' }, { name: 'y' }] }).signature.outputs.map((o) => o.name)).toEqual([
      'y',
      'z',
    ]);
    expect(complete({ outputs: [] }).signature.outputs).toHaveLength(2);
  });

  it('fixes a dimension that is variable in the file', () => {
    const described = { inputs: [spec('x', [-1, -1], { dimNames: ['N', 'L'] })], outputs: [] };
    const { signature } = complete({ maxBatchSize: 8, inputs: [{ name: 'x', shape: [-1, 512] }] }, described);
    expect(signature.inputs[0]).toEqual(spec('x', [-1, 512], { dimNames: ['N', 'L'] }));
  });

  it('serves a scalar of the file as the one element that is declared', () => {
    const described = { inputs: [spec('x', [])], outputs: [spec('y', [])] };
    const declared = { inputs: [{ name: 'x', shape: [1] }], outputs: [{ name: 'y', shape: [1, 1] }] };
    expect(complete(declared, described).signature).toEqual({
      inputs: [spec('x', [1], { modelShape: [] })],
      outputs: [spec('y', [1, 1], { modelShape: [] })],
    });
    expect(complete({ inputs: [{ name: 'x', shape: [] }] }, described).signature).toEqual(described);
    expect(() => complete({ inputs: [{ name: 'x', shape: [2] }] }, described)).toThrow(
      "input 'x' is configured with shape [2], but it has shape [] in the model file",
    );
  });

  it('gives outputs their labels', () => {
    const { signature } = complete({}, FILE, { y: ['cat', 'dog'] });
    expect(signature.outputs[0]?.labels).toEqual(['cat', 'dog']);
    expect(signature.outputs[1]?.labels).toBeUndefined();
  });

  it('keeps an input optional only where the file can do without it', () => {
    const described = { inputs: [spec('x', [-1, 4]), spec('k', [-1, 1], { optional: true })], outputs: [] };
    const declared = { inputs: [{ name: 'x', optional: true }] };
    expect(complete(declared, described).signature.inputs.map((input) => input.optional)).toEqual([false, true]);
  });

  it('carries the model-side shape of a reshaped tensor', () => {
    const described = { inputs: [spec('x', [-1, 2, 2])], outputs: [spec('y', [-1])] };
    const declared: ModelConfig = {
      maxBatchSize: 4,
      inputs: [{ name: 'x', shape: [-1, 4], reshape: [2, 2] }],
      outputs: [{ name: 'y', shape: [-1, 1], reshape: [] }],
    };
    const { signature } = complete(declared, described);
    expect(signature.inputs[0]).toMatchObject({ shape: [-1, 4], modelShape: [-1, 2, 2], batchAxis: 0 });
    expect(signature.outputs[0]).toMatchObject({ shape: [-1, 1], modelShape: [-1] });
  });
});

describe('completeSignature, of a tensor whose rank the file does not say,', () => {
  const unknown = (name: string, extra: Partial<TensorSpec> = {}) =>
    spec(name, [], { rankUnknown: true, dimNames: [], ...extra });
  const described = { inputs: [unknown('x')], outputs: [unknown('y'), spec('z', [-1, 2])] };

  it('takes the shape from the configuration', () => {
    const declared: ModelConfig = {
      inputs: [{ name: 'x', shape: [-1, -1] }],
      outputs: [{ name: 'y', shape: [2] }, { name: 'z' }],
    };
    const { signature, maxBatchSize } = complete(declared, described);
    expect(maxBatchSize).toBe(0);
    expect(signature.inputs).toEqual([spec('x', [-1, -1], { batchAxis: null })]);
    expect(signature.outputs[0]).toEqual(spec('y', [2]));
    expect(complete({ ...declared, outputs: [{ name: 'y', shape: [1] }] }, described).signature.outputs[0]).toEqual(
      spec('y', [1]),
    );
  });

  it('batches where the configuration says so', () => {
    const batched = { inputs: [unknown('x', { batchAxis: 0 })], outputs: [unknown('y', { batchAxis: 0 })] };
    const declared: ModelConfig = {
      maxBatchSize: 8,
      inputs: [{ name: 'x', shape: [-1, 4] }],
      outputs: [{ name: 'y', shape: [-1] }],
    };
    expect(complete(declared, batched)).toEqual({
      signature: { inputs: [spec('x', [-1, 4])], outputs: [spec('y', [-1])] },
      maxBatchSize: 8,
    });
  });

  it('asks for all shapes at once', () => {
    expect(() => complete({}, described)).toThrow(
      "the model file does not say how many dimensions 'x' and 'y' have: give the shape in model.yaml, such as " +
        'inputs: [{ name: "x", shape: [-1, -1] }] and outputs: [{ name: "y", shape: [-1, -1] }] (-1 = any size)',
    );
    expect(() => complete({ outputs: [{ name: 'y', shape: [-1] }] }, described)).toThrow(
      "the model file does not say how many dimensions 'x' has: give the shape in model.yaml, such as " +
        'inputs: [{ name: "x", shape: [-1, -1] }] (-1 = any size)',
    );
  });
});

describe('completeSignature, of an output that cannot be served,', () => {
  const described = { ...FILE, leftOut: [{ name: 'parts', reason: 'is a sequence of tensors: export one tensor' }] };

  it('serves the others and keeps the reason', () => {
    expect(complete({}, described).signature).toEqual(described);
    const listed = complete({ outputs: [{ name: 'y' }] }, described).signature;
    expect(listed.outputs.map(({ name }) => name)).toEqual(['y']);
    expect(listed.leftOut).toEqual(described.leftOut);
  });

  it('refuses a configuration that lists it', () => {
    expect(() => complete({ outputs: [{ name: 'parts' }] }, described)).toThrow(
      "output 'parts' is configured, but it is a sequence of tensors: export one tensor",
    );
  });
});

describe('completeSignature refuses', () => {
  const cases: readonly [string, ModelConfig, Signature, string][] = [
    [
      'another datatype',
      { inputs: [{ name: 'x', datatype: 'INT64' }] },
      FILE,
      "input 'x' is configured as INT64, but it is FP32 in the model file",
    ],
    [
      'another rank',
      { inputs: [{ name: 'x', shape: [-1, 4, 4] }] },
      FILE,
      "input 'x' is configured with shape [-1,4,4], but it has shape [-1,16] in the model file",
    ],
    [
      'another dimension',
      { outputs: [{ name: 'y', shape: [-1, 12] }] },
      FILE,
      "output 'y' is configured with shape [-1,12], but it has shape [-1,10] in the model file",
    ],
    [
      'a variable dimension that is fixed in the file',
      { outputs: [{ name: 'y', shape: [-1, -1] }] },
      FILE,
      "output 'y' is configured with shape [-1,-1], but it has shape [-1,10] in the model file",
    ],
    [
      'an unknown name',
      { outputs: [{ name: 'yy' }] },
      FILE,
      "output 'yy' is configured, but the model file has no such output; it has 'y', 'z'; did you mean 'y'?",
    ],
    ['a name given twice', { inputs: [{ name: 'x' }, { name: 'x' }] }, FILE, "input 'x' is configured twice"],
    [
      'batching with a fixed first dimension in the file',
      { maxBatchSize: 8 },
      { inputs: [spec('x', [1, 16])], outputs: [] },
      "input 'x' is FP32[1,16] in the model file: with maxBatchSize 8 its first dimension must be variable (-1); " +
        'set maxBatchSize to 0 or export the model with a variable batch',
    ],
    [
      'batching with a fixed first dimension in the configuration',
      { maxBatchSize: 8, inputs: [{ name: 'x', shape: [8, 16] }] },
      FILE,
      "input 'x' is configured with shape [8,16]: with maxBatchSize 8 the first dimension counts the rows and must be -1",
    ],
    [
      'a reshape without a shape',
      { inputs: [{ name: 'x', reshape: [4, 4] }] },
      FILE,
      "input 'x' has a reshape but no shape; give the shape that clients see",
    ],
    [
      'a reshape that the file does not take',
      { maxBatchSize: 8, inputs: [{ name: 'x', shape: [-1, 16], reshape: [4, 4] }] },
      FILE,
      "input 'x' is configured with shape [-1,16] reshaped to [-1,4,4], but it has shape [-1,16] in the model file",
    ],
    [
      'a reshape with another number of elements',
      { maxBatchSize: 8, inputs: [{ name: 'x', shape: [-1, 3, 5], reshape: [16] }] },
      FILE,
      "input 'x': shape [3,5] cannot be reshaped to [16]: the element counts differ",
    ],
    [
      'padding of a fixed dimension',
      { inputs: [{ name: 'x', padding: { axes: [1], value: 0 } }] },
      FILE,
      "input 'x': padding names axis 1, but only variable dimensions can be padded; its shape is [-1,16]",
    ],
    [
      'padding of text',
      { inputs: [{ name: 'x', padding: { axes: [1], value: 0 } }] },
      withInput({ datatype: 'BYTES', shape: [-1, -1] }),
      "input 'x' is BYTES, which cannot be padded",
    ],
    [
      'a fraction as padding of integers',
      { inputs: [{ name: 'x', padding: { axes: [1], value: 0.5 } }] },
      withInput({ datatype: 'INT64', shape: [-1, -1] }),
      "input 'x' is INT64: padding.value must be an integer, got 0.5",
    ],
  ];
  it.each(cases)('%s', (_what, declared, described, message) => {
    expect(() => complete(declared, described)).toThrow(
      expect.objectContaining({ name: 'MillraceError', code: 'invalid_argument', message }),
    );
  });
});

describe('declaredSignature', () => {
  it('is undefined when no tensor is declared in full', () => {
    expect(declaredSignature({}, {})).toBeUndefined();
    expect(declaredSignature({ inputs: [{ name: 'x', datatype: 'FP32' }] }, {})).toBeUndefined();
  });

  it('is what completes to itself for a runtime without a file', () => {
    const declared: ModelConfig = {
      maxBatchSize: 4,
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [-1, 4], reshape: [2, 2] },
        { name: 'k', datatype: 'BYTES', shape: [-1, 1], optional: true },
      ],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
    };
    const described = declaredSignature(declared, { y: ['a', 'b'] });
    expect(described?.inputs[0]).toEqual(spec('x', [-1, 2, 2]));
    expect(described?.inputs[1]).toEqual(spec('k', [-1, 1], { datatype: 'BYTES', optional: true }));
    expect(described?.outputs).toEqual([spec('y', [-1, 2], { labels: ['a', 'b'] })]);
    const { signature } = complete(declared, described as Signature, { y: ['a', 'b'] });
    expect(signature.inputs[0]).toEqual(spec('x', [-1, 4], { modelShape: [-1, 2, 2] }));
    expect(signature.inputs[1]?.optional).toBe(true);
  });

  it('takes a leading -1 for the batch dimension when maxBatchSize is open', () => {
    const described = declaredSignature({ inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }] }, {});
    expect(described?.inputs[0]?.batchAxis).toBe(0);
  });
});
