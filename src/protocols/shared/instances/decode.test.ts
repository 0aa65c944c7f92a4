import { describe, expect, it } from 'vitest';
import {
  bytesElements,
  type MediaSpec,
  type Signature,
  type Tensor,
  type TensorSpec,
  typedView,
} from '../../../core/index.js';
import { type DecodeInstancesOptions, decodeInstances } from './decode.js';

const spec = (
  name: string,
  datatype: TensorSpec['datatype'],
  shape: readonly number[],
  optional = false,
): TensorSpec => ({
  name,
  datatype,
  shape,
  batchAxis: 0,
  optional,
});
const X: Signature = { inputs: [spec('x', 'FP32', [-1, 2])], outputs: [] };
const TEXT: Signature = { inputs: [spec('s', 'BYTES', [-1])], outputs: [] };
/** That of the example in TensorFlow Serving's documentation of its REST API. */
const SENSORS: Signature = {
  inputs: [spec('tag', 'BYTES', [-1]), spec('signal', 'FP32', [-1, 5]), spec('sensor', 'INT64', [-1, 2, 2])],
  outputs: [],
};

function decode(text: string, signature = X, options: Partial<DecodeInstancesOptions> = {}) {
  const { inputs, ...rest } = decodeInstances(Buffer.from(text), { signature, ...options });
  return { ...rest, inputs: inputs.map(plain) };
}

function plain({ name, shape, datatype, data }: Tensor) {
  const values =
    datatype === 'BYTES'
      ? bytesElements(data).map((bytes) => Buffer.from(bytes).toString('latin1'))
      : typedView(datatype, data);
  return { name, shape, values: Array.from<unknown>(values) };
}

function refusalOf(text: string, signature = X, options: Partial<DecodeInstancesOptions> = {}): string {
  try {
    decode(text, signature, options);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_argument' });
    return (error as Error).message;
  }
  throw new Error('was accepted');
}

describe('decodeInstances', () => {
  it('reads rows of named values, as in the documentation of TensorFlow Serving', () => {
    const text = `{"instances": [
      {"tag": "foo", "signal": [1, 2, 3, 4, 5], "sensor": [[1, 2], [3, 4]]},
      {"signal": [3, 4, 1, 2, 5], "sensor": [[4, 5], [6, 8]], "tag": "bar"}]}`;
    expect(decode(text, SENSORS)).toEqual({
      format: 'row',
      members: {},
      inputs: [
        { name: 'tag', shape: [2], values: ['foo', 'bar'] },
        { name: 'signal', shape: [2, 5], values: [1, 2, 3, 4, 5, 3, 4, 1, 2, 5] },
        { name: 'sensor', shape: [2, 2, 2], values: [1n, 2n, 3n, 4n, 4n, 5n, 6n, 8n] },
      ],
    });
  });

  it('reads columns of named values, as in the documentation of TensorFlow Serving', () => {
    const text = `{"inputs": {"tag": ["foo", "bar"], "signal": [[1, 2, 3, 4, 5], [3, 4, 1, 2, 5]],
      "sensor": [[[1, 2], [3, 4]], [[4, 5], [6, 8]]]}}`;
    expect(decode(text, SENSORS)).toMatchObject({
      format: 'column',
      inputs: [
        { name: 'tag', shape: [2] },
        { name: 'signal', shape: [2, 5] },
        { name: 'sensor', shape: [2, 2, 2] },
      ],
    });
  });

  it('reads values of the only input without its name', () => {
    const inputs = [{ name: 'x', shape: [2, 2], values: [1, 2, 3, 4.5] }];
    expect(decode('{"instances":[[1,2],[3,4.5]]}')).toEqual({ format: 'row', members: {}, inputs });
    expect(decode('{"inputs":[[1,2],[3,4.5]]}')).toEqual({ format: 'column', members: {}, inputs });
    expect(decode('{"instances":[1,2]}').inputs).toEqual([{ name: 'x', shape: [2], values: [1, 2] }]);
    expect(decode('{"inputs":7}').inputs).toEqual([{ name: 'x', shape: [], values: [7] }]);
    expect(decode('{"instances":[{"x":1},{"x":2}]}').inputs).toEqual([{ name: 'x', shape: [2], values: [1, 2] }]);
  });

  it('takes the list of instances alone where that is allowed', () => {
    expect(decode(' [[1,2]] ', X, { bare: true }).inputs).toEqual([{ name: 'x', shape: [1, 2], values: [1, 2] }]);
    expect(refusalOf('[[1,2]]')).toBe('invalid JSON at byte 0: expected an object, got an array');
  });

  it('leaves out optional inputs, and names none where only one is needed', () => {
    const signature = { inputs: [spec('x', 'FP32', [-1]), spec('k', 'INT32', [-1], true)], outputs: [] };
    expect(decode('{"instances":[1]}', signature).inputs).toHaveLength(1);
    expect(decode('{"instances":[{"x":1},{"x":2}]}', signature).inputs).toHaveLength(1);
    expect(refusalOf('{"instances":[{"x":1},{"x":2,"k":1}]}', signature)).toBe(
      "request: instances[1]: input 'k' is not in instances[0]",
    );
  });

  it('reads NaN and Infinity, which TensorFlow Serving does', () => {
    expect(decode('{"instances":[[NaN,-Infinity],[Infinity,-0]]}').inputs[0]?.values).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      -0,
    ]);
  });

  it('reads base64 and strings as elements of BYTES', () => {
    const values = ['\xff\x00', 'a"b', ''];
    const text = '[{"b64":"/wA="}, "a\\"b", { "b64" : "" }]';
    expect(decode(`{"instances":${text}}`, TEXT).inputs).toEqual([{ name: 's', shape: [3], values }]);
    expect(decode(`{"inputs":{"s":${text}}}`, TEXT).inputs).toEqual([{ name: 's', shape: [3], values }]);
    expect(decode('{"instances":[{"s":{"b64":"\\/wA"}}]}', TEXT).inputs[0]?.values).toEqual(['\xff\x00']);
    expect(decode('{"inputs":{"b64":"YQ=="}}', TEXT).inputs).toEqual([{ name: 's', shape: [], values: ['a'] }]);
    const named: Signature = { inputs: [spec('b64', 'FP32', [-1])], outputs: [] };
    expect(decode('{"instances":[{"b64":1}]}', named).inputs[0]?.values).toEqual([1]);
  });

  it('takes base64 for inputs of numbers that are configured to take pictures or sounds', () => {
    const audio: MediaSpec = {
      kind: 'audio',
      rateHz: 16_000,
      lengthSamples: 0,
      windowSamples: 0,
      hopSamples: 0,
      contextSamples: 0,
      scale: 1,
      rateInput: 'rate',
    };
    const sounds: Signature = {
      inputs: [{ ...spec('x', 'FP32', [-1, 4]), media: audio }, spec('rate', 'INT64', [1])],
      outputs: [],
    };
    const encoded = [{ name: 'x', shape: [2], values: ['a', 'b'] }];
    expect(decode('{"instances":[{"b64":"YQ=="}, {"b64":"Yg=="}]}', sounds).inputs).toEqual(encoded);
    expect(decode('{"instances":[{"x": {"b64":"YQ=="}},{"x":{"b64":"Yg=="}}]}', sounds).inputs).toEqual(encoded);
    expect(decode('{"inputs":{"x": [ {"b64":"YQ=="},{"b64":"Yg=="}]}}', sounds).inputs).toEqual(encoded);
    expect(decode('{"instances":[[1,2,3,4]]}', sounds).inputs).toEqual([
      { name: 'x', shape: [1, 4], values: [1, 2, 3, 4] },
    ]);
    expect(refusalOf('{"instances":[{"b64":"YQ=="}, [1]]}', sounds)).toContain("input 'x'");
  });

  it('gives the members that are asked for and ignores others', () => {
    const text = '{"signature_name":"a","parameters":{"k":[1]},"other":[NaN],"instances":[[1,2]],"__proto__":1}';
    const members = ['signature_name', 'parameters', '__proto__'];
    const decoded = decode(text, X, { members }).members;
    expect(Object.entries(decoded)).toEqual([
      ['signature_name', 'a'],
      ['parameters', { k: [1] }],
      ['__proto__', 1],
    ]);
  });

  it('leaves the body as it was', () => {
    const body = Buffer.from('{"instances":[{"x":1.5},{"x":2}]}');
    const before = body.toString();
    decodeInstances(body, { signature: X });
    expect(body.toString()).toBe(before);
  });
});

describe('decodeInstances refuses', () => {
  it.each([
    ['{}', "request: expected 'instances' or 'inputs', got neither"],
    ['{"instances":[[1,2]],"inputs":[[1,2]]}', "request: expected either 'instances' or 'inputs', got both"],
    ['{"instances":[[1,2]],"instances":[[1,2]]}', "request: 'instances' is given twice"],
    ['{"instances":[]}', "request: expected 'instances' to have at least 1 element, got none"],
    ['{"instances":{"x":1}}', "request: expected 'instances' to be an array, got an object"],
    ['{"instances":[[1,2],[3]]}', "input 'x': ragged at byte 20: expected 2 elements along axis 1 as before it, got 1"],
    ['{"instances":[[1,2],3]}', "input 'x': ragged at byte 20: expected an array along axis 1, got 3"],
    [
      '{"instances":[[1,2],[[3,4]]]}',
      "input 'x': ragged at byte 21: expected arrays nested 2 deep as before it, got an array in them",
    ],
    [
      '{"instances":[[[1,2]],[3,4]]}',
      "input 'x': ragged at byte 23: expected arrays nested 3 deep as before it, got 3",
    ],
    ['{"instances":[[],[1]]}', "input 'x': ragged at byte 17: expected 0 elements along axis 1 as before it, got 1"],
    [
      '{"instances":[{"x":[1]},{"x":1}]}',
      "input 'x': ragged at byte 29: expected arrays nested 2 deep as before it, got 1",
    ],
    [
      '{"instances":[{"x":[1]},{"x":[1,2]}]}',
      "input 'x': ragged at byte 29: expected 1 element along axis 1 as before it, got 2",
    ],
    ['{"instances":[[1,"2"]]}', "input 'x': data[1] at byte 17: expected a number, got a string"],
    ['{"instances":[[1,null]]}', "input 'x': data[1] at byte 17: expected a number, got null"],
    ['{"instances":[{"b64":"YQ=="}]}', "input 'x': data[0] at byte 14: expected a number, got an object"],
    [
      '{"instances":[{"x":[1]},[1]]}',
      'request: instances[1]: expected an object with the inputs by name, as in instances[0], got an array',
    ],
    ['{"instances":[{"x":[1]},{}]}', "request: instances[1]: input 'x' is missing"],
    ['{"instances":[{"x":[1],"x":[1]}]}', "request: instances[0]: input 'x' is given twice"],
    ['{"instances":[{"y":[1]}]}', "request: instances[0]: the model has no input 'y'; its inputs are 'x'"],
    ['{"inputs":{}}', "request: inputs: input 'x' is missing"],
    ['{"inputs":{"y":1}}', "request: inputs: the model has no input 'y'; its inputs are 'x'"],
    ['{"instances":[[1,2]]} 1', 'invalid JSON at byte 22: expected the end of the JSON, got 1'],
    ['{"inputs":5', "invalid JSON at byte 11: expected ',' or '}', got the end of the JSON"],
    [
      `{"inputs":${'['.repeat(33)}1${']'.repeat(33)}}`,
      "input 'x': ragged at byte 42: expected at most 32 dimensions, got more",
    ],
  ])('%s', (text, message) => {
    expect(refusalOf(text)).toBe(message);
  });

  it('values without names where there are several inputs', () => {
    const names = "the inputs of the model, which are 'tag', 'signal', 'sensor', got values without names";
    expect(refusalOf('{"instances":[[1]]}', SENSORS)).toBe(`request: expected 'instances' to name ${names}`);
    expect(refusalOf('{"inputs":3}', SENSORS)).toBe(`request: expected 'inputs' to name ${names}`);
  });

  it.each([
    ['[1.5]', "input 'i': data[0] at byte 14: expected an integer from -128 to 127, got 1.5"],
    ['[128]', "input 'i': data[0] at byte 14: expected an integer from -128 to 127, got 128"],
    ['[true]', "input 'i': data[0] at byte 14: expected an integer from -128 to 127, got true"],
  ])('%s for INT8', (text, message) => {
    expect(refusalOf(`{"instances":${text}}`, { inputs: [spec('i', 'INT8', [-1])], outputs: [] })).toBe(message);
  });

  it.each([
    ['[{"b64":"YQ="}]', `input 's': data[0] at byte 21: expected base64 in "b64", got a string`],
    ['[{"b64":"Y*=="}]', `input 's': data[0] at byte 21: expected base64 in "b64", got a string`],
    ['[{"b64":"YQ==YQ=="}]', `input 's': data[0] at byte 21: expected base64 in "b64", got a string`],
    ['[{"b64":"YQ==","a":1}]', `invalid JSON at byte 27: expected '}' behind the value of "b64", got ','`],
    ['["a",{"b65":"YQ=="}]', 'invalid JSON at byte 24: expected the member "b64", got \':\''],
    ['[1]', `input 's': data[0] at byte 14: expected a string or {"b64": a string}, got 1`],
    ['["a]}', `invalid JSON at byte 19: expected '"' at the end of the string, got the end of the JSON`],
  ])('%s for BYTES', (text, message) => {
    expect(refusalOf(`{"instances":${text}}`, TEXT)).toBe(message);
  });

  it('a member that is no JSON', () => {
    expect(refusalOf('{"parameters":NaN,"inputs":1}', X, { members: ['parameters'] })).toBe(
      'invalid JSON at byte 14: expected JSON without NaN and Infinity, got NaN',
    );
    expect(refusalOf('{"signature_name":"a","signature_name":"a"}', X, { members: ['signature_name'] })).toBe(
      "request: 'signature_name' is given twice",
    );
  });
});
