import { describe, expect, it } from 'vitest';
import { request } from '../../test/support/engine-fixture.js';
import { bytesOf, namedModel, packBytes, type Tensor, type TensorSpec } from '../core/index.js';
import { checkRequest } from './check-request.js';
import { createShapeRules } from './shape-rules.js';

function spec(name: string, fields: Partial<TensorSpec> = {}): TensorSpec {
  return { name, datatype: 'FP32', shape: [-1, 2], batchAxis: 0, optional: false, ...fields };
}

function tensor(name: string, shape: readonly number[], values: readonly number[]): Tensor {
  return { name, datatype: 'FP32', shape, data: bytesOf(Float32Array.from(values)) };
}

function check(
  inputs: readonly TensorSpec[],
  given: readonly Tensor[],
  options: { outputs?: string[]; textOnly?: boolean; maxBatchSize?: number } = {},
) {
  const rules = createShapeRules({
    mention: namedModel({ name: 'm', version: 1 }),
    signature: {
      inputs,
      outputs: [spec('y'), spec('z')],
      leftOut: [{ name: 'parts', reason: 'is a sequence: export one tensor' }],
    },
    maxBatchSize: options.maxBatchSize ?? 4,
    textOnly: options.textOnly ?? true,
    inputs: [],
    outputs: [],
  });
  const outputs = options.outputs?.map((name) => ({ name, classificationCount: 0 }));
  return checkRequest(rules.request, { ...request(0), inputs: given, outputs });
}

const ONE = tensor('x', [1, 2], [1, 2]);

describe('an input that counts no rows in a model that batches', () => {
  const rate = (value: number, length = 1): Tensor => ({
    ...tensor(
      'rate',
      [length],
      Array.from({ length }, () => value),
    ),
  });
  const keyOf = (value: number, length?: number) =>
    check([spec('x'), spec('rate', { shape: [-1], batchAxis: null })], [ONE, rate(value, length)]).shapeKey;

  it('keeps requests that disagree on it out of one batch', () => {
    expect(keyOf(8)).toBe(keyOf(8));
    expect(keyOf(8)).not.toBe(keyOf(16));
    expect(keyOf(8, 100)).toBe(keyOf(8, 100));
    expect(keyOf(8, 100)).not.toBe(keyOf(16, 100));
  });
});

describe('checkRequest', () => {
  it('gives the inputs in the order of the signature, with rows and bytes', () => {
    const checked = check(
      [spec('a'), spec('b')],
      [tensor('b', [2, 2], [1, 2, 3, 4]), tensor('a', [2, 2], [5, 6, 7, 8])],
    );
    expect(checked.inputs.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(checked).toMatchObject({ rows: 2, sizeBytes: 32, shapeKey: '', outputs: undefined });
  });

  it('gives an output that is asked for twice once, as Triton does', () => {
    expect(check([spec('x')], [ONE], { outputs: ['y', 'z', 'y'] }).outputs).toEqual(['y', 'z']);
  });

  it('lets optional inputs be missing and keeps requests with and without them apart', () => {
    const specs = [spec('x'), spec('mask', { optional: true })];
    expect(check(specs, [ONE]).inputs).toHaveLength(1);
    expect(check(specs, [ONE]).shapeKey).not.toBe(check(specs, [ONE, tensor('mask', [1, 2], [0, 0])]).shapeKey);
  });

  it('tells requests of different variable sizes apart', () => {
    const specs = [spec('x', { shape: [-1, -1] })];
    const short = check(specs, [tensor('x', [1, 1], [1])]);
    expect(short.shapeKey).not.toBe(check(specs, [tensor('x', [1, 2], [1, 2])]).shapeKey);
    expect(short.shapeKey).toBe(check(specs, [tensor('x', [3, 1], [1, 2, 3])]).shapeKey);
  });

  it.each<[string, readonly TensorSpec[], readonly Tensor[], Parameters<typeof check>[2], string]>([
    ['a missing input', [spec('x')], [], {}, "input 'x' (FP32[-1,2]) of model 'm/1' is missing"],
    [
      'an unknown input',
      [spec('x')],
      [ONE, tensor('q', [1, 2], [1, 2])],
      {},
      "model 'm/1' has no input 'q'; its inputs are 'x'",
    ],
    ['a duplicate input', [spec('x')], [ONE, ONE], {}, "input 'x' is given twice"],
    [
      'a wrong datatype',
      [spec('x', { datatype: 'INT32' })],
      [ONE],
      {},
      "input 'x' of model 'm/1': expected INT32, got FP32",
    ],
    [
      'a wrong rank',
      [spec('x')],
      [tensor('x', [2], [1, 2])],
      {},
      "input 'x' of model 'm/1': expected shape [-1,2], got [2]",
    ],
    [
      'a wrong dimension',
      [spec('x')],
      [tensor('x', [1, 3], [1, 2, 3])],
      {},
      "input 'x' of model 'm/1': expected shape [-1,2], got [1,3]",
    ],
    [
      'a negative dimension',
      [spec('x')],
      [tensor('x', [-1, 2], [])],
      {},
      "input 'x' of model 'm/1': expected shape [-1,2], got [-1,2]",
    ],
    ['no rows', [spec('x')], [tensor('x', [0, 2], [])], {}, "input 'x': a request needs at least 1 row, got 0"],
    [
      'too many rows',
      [spec('x')],
      [tensor('x', [5, 2], new Array(10).fill(0))],
      {},
      "input 'x' has 5 rows; model 'm/1' takes at most 4 a request: send fewer at a time, or raise maxBatchSize in its model.yaml (max_batch_size in its config.pbtxt)",
    ],
    [
      'data of another size than its shape',
      [spec('x')],
      [{ ...ONE, data: new Uint8Array(4) }],
      {},
      "input 'x': FP32[1,2] needs 8 bytes, got 4",
    ],
    [
      'batches of different sizes',
      [spec('a'), spec('b')],
      [tensor('a', [1, 2], [1, 2]), tensor('b', [2, 2], [1, 2, 3, 4])],
      {},
      "inputs of model 'm/1' disagree on the batch size: 'a' has 1, 'b' has 2; if the first dimension of one of them counts no rows, set maxBatchSize: 0 in its model.yaml (max_batch_size: 0 in its config.pbtxt)",
    ],
    [
      'an unknown output',
      [spec('x')],
      [ONE],
      { outputs: ['q'] },
      "model 'm/1' has no output 'q'; its outputs are 'y', 'z'",
    ],
    [
      'an output that cannot be served',
      [spec('x')],
      [ONE],
      { outputs: ['y', 'parts'] },
      "output 'parts' of model 'm/1' is a sequence: export one tensor",
    ],
    [
      'an input by another name, in the words of the request',
      [spec('x'), spec('mask', { optional: true })],
      [tensor('X', [1, 2], [1, 2])],
      {},
      "model 'm/1' has no input 'X'; its inputs are 'x', 'mask'",
    ],
    [
      'one string too many',
      [spec('x', { datatype: 'BYTES', shape: [-1, 1] })],
      [{ name: 'x', datatype: 'BYTES', shape: [1, 1], data: packBytes([Buffer.from('a'), Buffer.from('b')]) }],
      {},
      "input 'x': BYTES[1,1] needs 1 element, got 2",
    ],
  ])('refuses %s', (_what, specs, given, options, message) => {
    expect(() => check(specs, given, options)).toThrow(expect.objectContaining({ code: 'invalid_argument', message }));
  });

  it('names everything that does not fit in one message, so that nothing is corrected one request after the other', () => {
    const rows: Tensor = { name: 'x', datatype: 'FP64', shape: [225, 3], data: new Uint8Array(225 * 3 * 8) };
    const specs = [spec('x', { shape: [-1, 4] }), spec('y'), spec('rate', { optional: true })];
    expect(() => check(specs, [rows, tensor('z', [1, 2], [1, 2])], { maxBatchSize: 64 })).toThrow(
      "model 'm/1' has no input 'z'; its inputs are 'x', 'y', 'rate'; " +
        "input 'x' of model 'm/1': expected FP32, got FP64; " +
        "input 'x' of model 'm/1': expected shape [-1,4], got [225,3]; " +
        "input 'x' has 225 rows; model 'm/1' takes at most 64 a request: send fewer at a time, or raise maxBatchSize in its model.yaml (max_batch_size in its config.pbtxt)",
    );
    const many = Array.from({ length: 12 }, (_, index) => spec(`i${index}`));
    expect(() => check(many, [])).toThrow(/^(input 'i\d' .*? is missing; ){8}4 more problems$/);
    const strange = Array.from({ length: 20 }, (_, index) => tensor(`z${index}`, [1, 2], [1, 2]));
    expect(() => check([spec('x')], strange)).toThrow(/^(model 'm\/1' has no input 'z\d'; .*?; ){8}12 more problems$/);
  });

  describe('with BYTES', () => {
    const text = spec('s', { datatype: 'BYTES', shape: [-1, 1] });
    const bytes = (elements: readonly number[][], count = elements.length): Tensor => ({
      name: 's',
      datatype: 'BYTES',
      shape: [count, 1],
      data: packBytes(elements.map((element) => Uint8Array.from(element))),
    });

    it('refuses another number of elements than the shape has', () => {
      expect(() => check([text], [bytes([[65]], 2)])).toThrow("input 's': BYTES[2,1] needs 2 elements, got 1");
    });

    it('refuses invalid UTF-8 where the model takes text only', () => {
      const given = [bytes([[65], [0xff]])];
      expect(() => check([text], given)).toThrow(
        "input 's': element 1 is not valid UTF-8, and model 'm/1' takes text only",
      );
      expect(check([text], given, { textOnly: false }).rows).toBe(2);
    });

    it('refuses a length that runs past the end', () => {
      const given = [{ ...bytes([[65]]), data: Uint8Array.from([9, 0, 0, 0, 65]) }];
      expect(() => check([text], given)).toThrow('BYTES element 0: its length says 9 bytes, but only 1 are left');
    });
  });
});

describe('lists and objects among the parameters', () => {
  const parameters = { format: { type: 'json_schema', schema: { enum: [1, 2] } } };
  const rules = createShapeRules({
    mention: namedModel({ name: 'm', version: 1 }),
    signature: { inputs: [spec('x')], outputs: [spec('y')] },
    maxBatchSize: 4,
    textOnly: false,
    inputs: [],
    outputs: [],
  }).request;

  it('count as data of the request', () => {
    const plain = checkRequest(rules, request(0, { parameters: { seed: 1 } }));
    expect(plain.sizeBytes).toBe(8);
    const sized = checkRequest(rules, request(0, { parameters }));
    expect(sized.sizeBytes).toBe(8 + 6 * 8 + 'type'.length + 'json_schema'.length + 'schema'.length + 'enum'.length);
  });

  it('are refused where no model could read them', () => {
    const broken = { ...parameters, stop: [() => 'x'] as never };
    expect(() => checkRequest(rules, request(0, { parameters: broken }))).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringMatching(/^parameter 'stop\[0\]': expected JSON, got /),
      }),
    );
  });
});
