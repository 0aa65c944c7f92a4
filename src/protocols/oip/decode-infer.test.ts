import { describe, expect, it } from 'vitest';
import { decode, input, refusal, X } from '../../../test/support/decode-request.js';
import { typedView } from '../../core/index.js';

describe('decodeInfer of JSON', () => {
  it('reads all members of a request', () => {
    const { request, binaryOutputs } = decode(`{
      "id": "req-\\u00e9-1",
      "inputs": [{"name": "x", "shape": [2, 2], "datatype": "INT32", "data": [[1, 2], [3, 4]], "more": {"a": [1]}}],
      "outputs": [{"name": "y", "parameters": {"classification": 3}}, {"name": "z", "parameters": {"binary_data": true}}],
      "parameters": {"priority": 2, "timeout": 1500, "sequence_id": 77, "sequence_start": true, "temperature": 0.5},
      "unknown": [null, {"deep": [true]}]
    }`);
    expect(request).toEqual({
      id: 'req-é-1',
      inputs: [{ name: 'x', shape: [2, 2], datatype: 'INT32', data: expect.any(Uint8Array) }],
      outputs: [
        { name: 'y', classificationCount: 3 },
        { name: 'z', classificationCount: 0 },
      ],
      parameters: { temperature: 0.5 },
      priority: 2,
      queueTimeoutMs: 1.5,
      sequence: { id: 77n, start: true, end: false },
    });
    expect(typedView('INT32', request.inputs[0]?.data ?? Buffer.of())).toEqual(Int32Array.of(1, 2, 3, 4));
    expect(binaryOutputs).toEqual(new Set(['z']));
  });

  it('fills in what a request leaves out', () => {
    const { request, binaryOutputs } = decode(`{"inputs":[${X}]}`);
    expect(request).toMatchObject({
      id: '',
      outputs: undefined,
      parameters: {},
      priority: 0,
      queueTimeoutMs: undefined,
      sequence: undefined,
    });
    expect(binaryOutputs).toEqual(new Set());
  });

  it('takes the members of an input in any order', () => {
    const members = ['"name":"x"', '"shape":[2]', '"datatype":"FP32"', '"data":[1.5,"b]"]'.replace(',"b]"', ',2.5')];
    for (const first of members) {
      const rest = members.filter((member) => member !== first);
      const { request } = decode(input([first, ...rest.reverse()].join(' , ')));
      expect(typedView('FP32', request.inputs[0]?.data ?? Buffer.of())).toEqual(Float32Array.of(1.5, 2.5));
    }
  });

  it('knows member names and datatypes by what they say, escaped or not', () => {
    const { request } = decode(input('"n\\u0061me":"x","shape":[1],"datatype":"\\u0046P32","data":[1]'));
    expect(request.inputs[0]).toMatchObject({ name: 'x', datatype: 'FP32' });
  });

  it('skips a byte order mark and white space around the request', () => {
    expect(refusal(`\ufeff \r\n\t{"inputs":[${X}]}\n `)).toBe('accepted');
  });

  it('takes an empty list of outputs for all of them', () => {
    expect(decode(`{"inputs":[${X}],"outputs":[]}`).request.outputs).toBeUndefined();
  });

  it('counts an output that is named twice once, as its last mention says', () => {
    const { request, binaryOutputs } = decode(
      `{"inputs":[${X}],"outputs":[{"name":"y","parameters":{"binary_data":true}},{"name":"z"},{"name":"y"}]}`,
    );
    expect(request.outputs?.map(({ name }) => name)).toEqual(['y', 'z']);
    expect(binaryOutputs).toEqual(new Set());
  });

  it('sends everything back as binary data where the request says so and names no outputs', () => {
    const parameters = '"parameters":{"binary_data_output":true}';
    expect(decode(`{"inputs":[${X}],${parameters}}`).binaryOutputs).toBe('all');
    expect(decode(`{"inputs":[${X}],${parameters},"outputs":[{"name":"y"}]}`).binaryOutputs).toEqual(new Set());
  });

  it('passes on parameters that the protocol does not define, without loss', () => {
    const { request } = decode(
      `{"inputs":[${X}],"parameters":{"a":"s","b":5,"c":true,"d":1.5,"neg":-3,"big":9007199254740993,"__proto__":1}}`,
    );
    const expected = { a: 's', b: 5, c: true, d: 1.5, neg: -3, big: 9_007_199_254_740_993n, ['__proto__']: 1 };
    expect(Object.entries(request.parameters)).toEqual(Object.entries(expected));
  });

  it.each([
    ['"sequence_id":"abc","sequence_end":true', { id: 'abc', start: false, end: true }],
    ['"sequence_id":18446744073709551615', { id: 18_446_744_073_709_551_615n, start: false, end: false }],
    ['"sequence_id":0,"sequence_start":true', undefined],
    ['"sequence_id":""', undefined],
  ])('reads the sequence of %s', (parameters, sequence) => {
    expect(decode(`{"inputs":[${X}],"parameters":{${parameters}}}`).request.sequence).toEqual(sequence);
  });

  it('takes a timeout of 0 for none', () => {
    expect(decode(`{"inputs":[${X}],"parameters":{"timeout":0}}`).request.queueTimeoutMs).toBeUndefined();
  });

  it('ignores the wish for an empty final response, of which there is none', () => {
    const { request } = decode(`{"inputs":[${X}],"parameters":{"triton_enable_empty_final_response":true}}`);
    expect(request.parameters).toEqual({});
  });

  it('takes null for a member that may be missing, as some clients write it', () => {
    const { request, binaryOutputs } = decode(
      '{"id":null,"parameters":null,"outputs":null,"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1],"parameters":null}]}',
    );
    expect(request).toMatchObject({ id: '', parameters: {}, outputs: undefined });
    expect(binaryOutputs).toEqual(new Set());
    expect(decode('{"inputs":[],"outputs":[{"name":"y","parameters":null}]}').request.outputs).toEqual([
      { name: 'y', classificationCount: 0 },
    ]);
  });

  it('accepts a request without inputs; the model decides', () => {
    expect(decode('{"inputs":[]}').request.inputs).toEqual([]);
  });
});

describe('decodeInfer refuses', () => {
  it.each([
    ['', 'invalid JSON at byte 0: expected an object, got the end of the JSON'],
    ['  ', 'invalid JSON at byte 2: expected an object, got the end of the JSON'],
    ['[]', 'invalid JSON at byte 0: expected an object, got an array'],
    ['null', 'invalid JSON at byte 0: expected an object, got null'],
    ['{', 'invalid JSON at byte 1: expected a member name, got the end of the JSON'],
    ['{"inputs":[{', 'invalid JSON at byte 12: expected a member name, got the end of the JSON'],
    ['{"inputs":[]}x', 'invalid JSON at byte 13: expected the end of the JSON, got x'],
    ['{"inputs":[]}}', "invalid JSON at byte 13: expected the end of the JSON, got '}'"],
    ['{"inputs":[],}', "invalid JSON at byte 13: expected a member name, got '}'"],
    ['{"inputs" []}', "invalid JSON at byte 10: expected ':', got an array"],
    ['{"inputs":[]', "invalid JSON at byte 12: expected ',' or '}', got the end of the JSON"],
    [`{"inputs":[${X}`, `invalid JSON at byte ${11 + X.length}: expected ',' or ']', got the end of the JSON`],
    ['{"inputs":{}}', 'invalid JSON at byte 10: expected an array, got an object'],
    ['{"inputs":[5]}', 'invalid JSON at byte 11: expected an object, got 5'],
    ['{"id":42,"inputs":[]}', 'invalid JSON at byte 6: expected a string, got 42'],
    ['{"inputs":[],"outputs":{}}', 'invalid JSON at byte 23: expected an array, got an object'],
    ['{"inputs":[],"parameters":[]}', 'invalid JSON at byte 26: expected an object, got an array'],
    ['{"x":tru,"inputs":[]}', 'invalid JSON at byte 5: expected a value, got tru'],
    ['{}', "request: expected 'inputs', got none"],
    ['{"inputs":[],"inputs":[]}', "request: 'inputs' is given twice"],
    [`{"inputs":[${X},${X}]}`, "request: input 'x' is given twice"],
    [`{"inputs":[${X},${X},${X},${X},${X}]}`, 'request: expected at most 4 inputs, got more'],
    [`{"inputs":[],"outputs":[${'{"name":"y"},'.repeat(5)}]}`, 'request: expected at most 4 outputs, got more'],
    ['{"inputs":[],"outputs":[{}]}', "outputs[0]: expected a 'name', got none"],
    ['{"inputs":[],"outputs":[{"name":"y","name":"y"}]}', "outputs[0]: 'name' is given twice"],
  ])('%j', (json, message) => {
    expect(refusal(json)).toBe(`invalid_argument: ${message}`);
  });

  it('JSON that is not UTF-8', () => {
    const json = Buffer.concat([Buffer.from('{"inputs":[],"id":"'), Buffer.of(0xff), Buffer.from('"}')]);
    expect(refusal(json)).toBe(
      'invalid_argument: invalid JSON at byte 19: expected UTF-8 text, got a byte that is not',
    );
  });

  it.each([
    ['"shape":[1],"datatype":"FP32","data":[1]', "inputs[0]: expected a 'name', got none"],
    ['"name":"x","datatype":"FP32","data":[1]', "input 'x': expected a 'shape', got none"],
    ['"name":"x","shape":[1],"data":[1]', "input 'x': expected a 'datatype', got none"],
    [
      '"name":"x","shape":[1],"datatype":"FP32"',
      "input 'x': expected either 'data' or one of the parameters 'binary_data_size' and 'shared_memory_region', got none of them",
    ],
    [
      '"name":"x","shape":[1],"datatype":"FP32","data":[1],"parameters":{"binary_data_size":4}',
      "input 'x': expected either 'data' or one of the parameters 'binary_data_size' and 'shared_memory_region', got 'data' and 'binary_data_size'",
    ],
    ['"name":"x","name":"x"', "input 'x': 'name' is given twice"],
    ['"data":[1],"data":[1]', "inputs[0]: 'data' is given twice"],
    ['"name":5', 'invalid JSON at byte 19: expected a string, got 5'],
    [
      '"name":"x","datatype":"fp32"',
      "input 'x': 'fp32' is not a datatype; expected one of BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BF16, BYTES",
    ],
    ['"name":"x","shape":[-1]', "input 'x': shape[0]: expected an integer from 0 to 2147483647, got -1"],
    ['"name":"x","shape":[1,2.0]', "input 'x': shape[1]: expected an integer from 0 to 2147483647, got 2.0"],
    ['"name":"x","shape":[1e3]', "input 'x': shape[0]: expected an integer from 0 to 2147483647, got 1e3"],
    ['"name":"x","shape":["1"]', "input 'x': shape[0]: expected an integer from 0 to 2147483647, got a string"],
    [
      '"name":"x","shape":[2147483648]',
      "input 'x': shape[0]: expected an integer from 0 to 2147483647, got 2147483648",
    ],
    [
      `"name":"x","shape":[${'9'.repeat(90)}]`,
      `input 'x': shape[0]: expected an integer from 0 to 2147483647, got ${'9'.repeat(64)}…`,
    ],
    ['"name":"x","shape":[01]', "input 'x': shape[0]: expected an integer from 0 to 2147483647, got 01"],
    [`"name":"x","shape":[${'1,'.repeat(32)}1]`, "input 'x': shape has more than 32 dimensions"],
    ['"name":"x","shape":5', 'invalid JSON at byte 31: expected an array, got 5'],
    [
      '"name":"x","shape":[1000000000,1000000000],"datatype":"FP64","data":[1,2,3]',
      "input 'x': expected 1000000000000000000 elements for shape [1000000000,1000000000], got 3 in data",
    ],
    [
      '"data":[1,2],"name":"x","shape":[1],"datatype":"UINT8"',
      "input 'x': expected 1 element for shape [1], got 2 in data",
    ],
    [
      '"data":[300],"name":"x","shape":[1],"datatype":"UINT8"',
      "input 'x': data[0] at byte 20: expected an integer from 0 to 255, got 300",
    ],
    ['"data":5,"name":"x","shape":[1],"datatype":"UINT8"', "input 'x': expected data to be an array, got 5"],
    [
      '"name":"x","shape":[1],"datatype":"BOOL","data":[2]',
      "input 'x': data[0] at byte 61: expected true or false, got 2",
    ],
    ['"name":"x","shape":[1],"datatype":"BYTES","data":[2]', "input 'x': data[0] at byte 62: expected a string, got 2"],
    [
      '"name":"x","shape":[1],"datatype":"BYTES","data":["\\ud800"]',
      'invalid JSON at byte 63: expected a pair of surrogates, got half of one',
    ],
    [
      '"name":"x","parameters":{"a":null}',
      "input 'x': parameter 'a' must be a string, a number or a boolean, got null",
    ],
    [`"name":"${'n'.repeat(80)}","shape":[1]`, `input '${'n'.repeat(64)}…': expected a 'datatype', got none`],
  ])('an input with %s', (members, message) => {
    expect(refusal(input(members))).toBe(`invalid_argument: ${message}`);
  });

  it.each([
    ['"binary_data_output":"yes"', "'binary_data_output' must be true or false, got 'yes'"],
    ['"priority":"high"', "'priority' must be an integer of at least 0, got 'high'"],
    ['"priority":1.5', "'priority' must be an integer of at least 0, got 1.5"],
    ['"priority":18446744073709551616', "'priority' must be an integer of at least 0, got 18446744073709551616"],
    ['"timeout":-1', "'timeout' must be an integer of at least 0, got -1"],
    ['"sequence_start":"true"', "'sequence_start' must be true or false, got 'true'"],
    ['"sequence_id":-1', "'sequence_id' must be a string or an integer of at least 0, got -1"],
    ['"sequence_id":true', "'sequence_id' must be a string or an integer of at least 0, got true"],
    ['"a":{"x":1}', "'a' must be a string, a number or a boolean, got an object"],
    ['"a":[1]', "'a' must be a string, a number or a boolean, got an array"],
    ['"a":1,"a":1', "'a' is given twice"],
    ['"triton_foo":1', "'triton_foo' is not known, and names that begin with 'triton_' are reserved"],
  ])('the parameters %s', (parameters, message) => {
    expect(refusal(`{"inputs":[],"parameters":{${parameters}}}`)).toBe(
      `invalid_argument: request: parameter ${message}`,
    );
  });

  it('too many parameters', () => {
    const parameters = Array.from({ length: 257 }, (_, index) => `"p${index}":0`).join(',');
    expect(refusal(`{"inputs":[],"parameters":{${parameters}}}`)).toBe(
      'invalid_argument: request: expected at most 256 parameters, got more',
    );
  });

  it.each([
    [
      '{"name":"y","parameters":{"classification":-1}}',
      "output 'y': parameter 'classification' must be an integer of at least 0, got -1",
    ],
    [
      '{"name":"y","parameters":{"classification":"3"}}',
      "output 'y': parameter 'classification' must be an integer of at least 0, got '3'",
    ],
    ['{"name":"y","parameters":{"binary_data":1}}', "output 'y': parameter 'binary_data' must be true or false, got 1"],
  ])('the output %s', (output, message) => {
    expect(refusal(`{"inputs":[],"outputs":[${output}]}`)).toBe(`invalid_argument: ${message}`);
  });
});
