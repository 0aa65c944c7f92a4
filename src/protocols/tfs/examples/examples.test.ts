import { describe, expect, it } from 'vitest';
import { bytesOf, type Signature, type Tensor, type TensorSpec, typedView } from '../../../core/index.js';
import { MESSAGES } from '../grpc/schema.js';
import { answerOf, headOf } from './heads.js';
import { decodeExamples } from './read-json.js';
import { decodeInput } from './read-proto.js';

const spec = (
  name: string,
  datatype: TensorSpec['datatype'],
  shape: readonly number[],
  more: Partial<TensorSpec> = {},
): TensorSpec => ({
  name,
  datatype,
  shape,
  batchAxis: 0,
  optional: false,
  ...more,
});
const SIGNATURE: Signature = {
  inputs: [spec('x', 'FP32', [-1, 2]), spec('id', 'INT64', [-1]), spec('s', 'BYTES', [-1, -1], { optional: true })],
  outputs: [],
};

function plain(inputs: readonly Tensor[]) {
  return inputs.map(({ name, shape, datatype, data }) => {
    const values =
      datatype === 'BYTES' ? Buffer.from(data).toString('latin1') : Array.from<unknown>(typedView(datatype, data));
    return { name, shape, values };
  });
}

const EXPECTED = [
  { name: 'x', shape: [2, 2], values: [1, 2.5, 3, 4] },
  { name: 'id', shape: [2], values: [7n, 2n ** 60n + 1n] },
  { name: 's', shape: [2, 1], values: '\x01\0\0\0a\x02\0\0\0\xff\0' },
];
const json = (text: string, signature = SIGNATURE) => decodeExamples(Buffer.from(text), signature);
const proto = (input: object, signature = SIGNATURE) =>
  decodeInput(Buffer.concat([...MESSAGES.encodeFromJson('ClassificationRequest', { input })]), signature);
const example = (feature: object) => ({ features: { feature } });
const floats = (...value: readonly number[]) => ({ float_list: { value } });
const integers = (...value: readonly string[]) => ({ int64_list: { value } });
const bytes = (...value: readonly string[]) => ({ bytes_list: { value } });

describe('examples', () => {
  it('are rows of the inputs whose names their features have', () => {
    const first = '{"x":[1,2.5],"id":7,"s":"a","unknown":[{"deep":null}]}';
    const second = '{"s":{"b64":"/wA="},"id":[1152921504606846977],"x":[3,4]}';
    const { inputs, signatureName } = json(`{"examples":[${first},${second}],"signature_name":"s"}`);
    expect(plain(inputs)).toEqual(EXPECTED);
    expect(signatureName).toBe('s');
    const examples = [
      example({ x: floats(1, 2.5), id: integers('7'), s: bytes('YQ=='), unknown: floats(1) }),
      example({ x: floats(3, 4), id: integers('1152921504606846977'), s: bytes('/wA=') }),
    ];
    expect(plain(proto({ example_list: { examples } }))).toEqual(EXPECTED);
  });

  it('have the features of a context that they do not have themselves, wherever that stands', () => {
    const rows = '[{"x":[1,2.5],"id":7},{"x":[3,4]}]';
    const expected = [EXPECTED[0], { name: 'id', shape: [2], values: [7n, 9n] }];
    expect(plain(json(`{"examples":${rows},"context":{"id":9}}`).inputs)).toEqual(expected);
    expect(plain(json(`{"context":{"id":9},"examples":${rows}}`).inputs)).toEqual(expected);
    const examples = [example({ x: floats(1, 2.5), id: integers('7') }), example({ x: floats(3, 4) })];
    const context = example({ id: integers('9') });
    expect(plain(proto({ example_list_with_context: { examples, context } }))).toEqual(expected);
  });

  it('may be one whole input where no axis counts rows', () => {
    const signature = { inputs: [spec('x', 'FP32', [2, 2], { batchAxis: null })], outputs: [] };
    expect(plain(json('{"examples":[{"x":[1,2,3,4]}]}', signature).inputs)).toEqual([
      { name: 'x', shape: [2, 2], values: [1, 2, 3, 4] },
    ]);
    expect(() => json('{"examples":[{"x":[1,2,3,4]},{"x":[1,2,3,4]}]}', signature)).toThrow(
      "feature 'x': the model takes one example at a time, got 2",
    );
  });

  it.each([
    ['{}', "request: expected 'examples', got none"],
    ['{"examples":[]}', 'request: expected examples, got none'],
    ['{"examples":{}}', "request: expected 'examples' to be an array, got an object"],
    ['{"examples":[1]}', 'examples[0]: expected an object of features, got 1'],
    ['{"examples":[],"context":1}', 'context: expected an object of features, got 1'],
    ['{"examples":[],"examples":[]}', "request: 'examples' is given twice"],
    ['{"examples":[],"signature_name":1}', "request: expected 'signature_name' to be a string, got 1"],
    ['{"examples":[{"x":[1,2]}]}', "examples[0]: feature 'id' is missing"],
    ['{"examples":[{"x":[1,2],"id":1},{"id":1}]}', "examples[1]: feature 'x' is missing"],
    ['{"examples":[{"x":[1,2],"x":[1,2],"id":1}]}', "examples[0]: feature 'x' is given twice"],
    [
      '{"examples":[{"x":[1,2],"id":1},{"x":[1],"id":1}]}',
      "examples[1]: feature 'x': expected 2 values as before it, got 1",
    ],
    ['{"examples":[{"x":[1,2,3],"id":1}]}', "feature 'x': expected 2 values in each example, got 3"],
    ['{"examples":[{"x":[1,2],"id":1.5}]}', "feature 'id'[0] is 1.5, which INT64 cannot hold"],
    ['{"examples":[{"x":["a",2],"id":1}]}', "feature 'x': expected FP32, got bytes"],
    ['{"examples":[{"s":[1],"x":[1,2],"id":1}]}', "feature 's': expected BYTES, got numbers"],
    ['{"examples":[{"x":[1,2],"id":1,"s":"a"},{"x":[1,2],"id":1}]}', "request: feature 's' is not in every example"],
    ['{"examples":[{"x":[[1,2]],"id":1}]}', "feature 'x' at byte 19: expected a value, got an array"],
    ['{"examples":[{"x":null,"id":1}]}', "feature 'x' at byte 18: expected a value, got null"],
    ['{"examples":[{"s":{"b64":"*"},"id":1}]}', `feature 's' at byte 25: expected base64 in "b64", got a string`],
  ])('%s is refused', (text, message) => {
    expect(() => json(text)).toThrow(message);
  });

  it('of a message are refused in the same way', () => {
    expect(() => proto({})).toThrow('request: expected examples, got none');
    expect(() => proto({ example_list: {} })).toThrow('request: expected examples, got none');
    const examples = [example({ x: floats(1, 2) })];
    expect(() => proto({ example_list: { examples } })).toThrow("examples[0]: feature 'id' is missing");
  });
});

describe('the outputs that answer them', () => {
  const model = (...outputs: readonly TensorSpec[]): Signature => ({ inputs: [], outputs });
  const REF = { name: 'm' };
  const probabilities = spec('probabilities', 'FP32', [-1, 3]);
  const labelled = spec('y', 'FP32', [-1, 2], { labels: ['no', 'yes'] });

  it('of classes have labels, or a name that says what they are', () => {
    expect(headOf(REF, model(spec('z', 'FP32', [-1, 2]), labelled), 'classify').values.name).toBe('y');
    expect(headOf(REF, model(probabilities, labelled), 'classify').values.name).toBe('probabilities');
    expect(headOf(REF, model(probabilities, spec('classes', 'BYTES', [-1, 3])), 'classify').names?.name).toBe(
      'classes',
    );
    expect(() => headOf(REF, model(spec('y', 'FP32', [-1, 10])), 'classify')).toThrow(
      "model 'm' cannot classify: expected an output of floats [examples, classes] that has labels in its configuration or is named 'scores', got none; use predict",
    );
  });

  it('of a regression have one number for each example', () => {
    expect(headOf(REF, model(labelled, spec('v', 'FP64', [-1, 1])), 'regress').values.name).toBe('v');
    expect(headOf(REF, model(spec('v', 'FP32', [-1]), spec('outputs', 'FP32', [-1])), 'regress').values.name).toBe(
      'outputs',
    );
    expect(() => headOf(REF, model(spec('v', 'FP32', [-1]), spec('w', 'FP32', [-1])), 'regress')).toThrow(
      "model 'm' cannot regress: expected one output of floats with one number for each example, got 2; use predict",
    );
  });

  it('must have the shape that they were said to have', () => {
    const head = headOf(REF, model(spec('v', 'FP32', [-1])), 'regress');
    const value: Tensor = { name: 'v', datatype: 'FP32', shape: [], data: bytesOf(Float32Array.of(1)) };
    expect(() => answerOf(head, [value])).toThrow("output 'v' of shape [] does not regress examples; use predict");
  });

  it('name classes by labels, by strings beside them, or not at all', () => {
    const scores: Tensor = { name: 'y', datatype: 'FP32', shape: [2, 2], data: bytesOf(new Float32Array(4)) };
    const labels = answerOf(headOf(REF, model(labelled), 'classify'), [scores]);
    expect([0, 1, 2, 3].map(labels.labelOf)).toEqual(['no', 'yes', 'no', 'yes']);
    const none = answerOf(headOf(REF, model(probabilities), 'classify'), [{ ...scores, name: 'probabilities' }]);
    expect(none.labelOf(0)).toBe('');
  });
});
