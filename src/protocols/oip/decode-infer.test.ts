import { describe, expect, it } from 'vitest';
import { type MillraceError, type Signature, typedView } from '../../core/index.js';
import { type DecodedInfer, decodeInfer } from './decode-infer.js';

const _TARGET = { name: 'mlp', version: undefined };
const LIMIT = 4;

interface Sent {
  /** Binary data behind the JSON; its length becomes the header. */
  readonly blob?: Uint8Array;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly signature?: Signature;
}

function decode(json: string | Uint8Array, { blob, headers, signature }: Sent = {}): DecodedInfer {
  const text = Buffer.from(json);
  const body = Buffer.concat([text, blob ?? Buffer.of()]);
  const length = blob === undefined ? {} : { 'inference-header-content-length': String(text.length) };
  const wire = { method: 'POST', url: '/v2/models/mlp/infer', headers: { ...length, ...headers }, body };
  return decodeInfer(wire, {
    maxInputs: LIMIT,
    signatureOf: () => {
      if (signature === undefined) throw new Error('the signature is not needed');
      return signature;
    },
  });
}

function refusal(json: string | Uint8Array, sent?: Sent): string {
  try {
    decode(json, sent);
  } catch (error) {
    const { code, message } = error as MillraceError;
    return `${code}: ${message}`;
  }
  return 'accepted';
}

const input = (members: string) => `{"inputs":[{${members}}]}`;
const X = '{"name":"x","shape":[1],"datatype":"FP32","data":[1]}';

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

describe('decodeInfer of shared memory', () => {
  const X = '"name":"x","shape":[1],"datatype":"FP32"';
  const parameters = (members: string) => `"parameters":{${members}}`;
  const R0 = '"shared_memory_region":"r0","shared_memory_byte_size":4';

  it('says where inputs lie and where outputs go', () => {
    const { request, binaryOutputs } = decode(
      `{
      "inputs": [
        {${X}, ${parameters(R0)}},
        {"name": "b", "shape": [1], "datatype": "UINT8", "parameters": {"binary_data_size": 1}},
        {"name": "j", "shape": [1], "datatype": "UINT8", "data": [7]},
        {"name": "z", "shape": [2], "datatype": "BYTES", ${parameters('"shared_memory_region":"","shared_memory_byte_size":9,"shared_memory_offset":9007199254740991')}}
      ],
      "outputs": [{"name": "y", ${parameters(R0)}}, {"name": "q"}]
    }`,
      { blob: Uint8Array.of(5) },
    );
    const r0 = { region: 'r0', offset: 0, sizeBytes: 4 };
    expect(request.inputs).toEqual([
      { name: 'x', shape: [1], datatype: 'FP32', data: new Uint8Array(0) },
      { name: 'b', shape: [1], datatype: 'UINT8', data: Buffer.of(5) },
      { name: 'j', shape: [1], datatype: 'UINT8', data: Uint8Array.of(7) },
      { name: 'z', shape: [2], datatype: 'BYTES', data: new Uint8Array(0) },
    ]);
    expect([...(request.sharedInputs ?? [])]).toEqual([
      ['x', r0],
      ['z', { region: '', offset: Number.MAX_SAFE_INTEGER, sizeBytes: 9 }],
    ]);
    expect(request.outputs).toEqual([
      { name: 'y', classificationCount: 0, sharedMemory: r0 },
      { name: 'q', classificationCount: 0 },
    ]);
    expect(binaryOutputs).toEqual(new Set());
  });

  it.each([
    [
      `${X},"data":[1],${parameters(R0)}`,
      "expected either 'data' or one of the parameters 'binary_data_size' and 'shared_memory_region', got 'data' and 'shared_memory_region'",
    ],
    [
      `${X},${parameters(`${R0},"binary_data_size":4`)}`,
      "expected either 'data' or one of the parameters 'binary_data_size' and 'shared_memory_region', got 'binary_data_size' and 'shared_memory_region'",
    ],
    [
      `${X},${parameters('"shared_memory_region":"r0"')}`,
      "parameter 'shared_memory_byte_size' must come with shared_memory_region",
    ],
    [
      `${X},${parameters('"shared_memory_region":7,"shared_memory_byte_size":4')}`,
      "parameter 'shared_memory_region' must be a string, got 7",
    ],
    [
      `${X},${parameters('"shared_memory_region":"r0","shared_memory_byte_size":-4')}`,
      "parameter 'shared_memory_byte_size' must be an integer of at least 0, got -4",
    ],
    [
      `${X},${parameters(`${R0},"shared_memory_offset":9007199254740993`)}`,
      "parameter 'shared_memory_offset' must be an integer of at least 0, got 9007199254740993",
    ],
  ])('refuses the input %s', (members, message) => {
    expect(refusal(input(members))).toBe(`invalid_argument: input 'x': ${message}`);
  });

  it('refuses an output without a size', () => {
    expect(refusal(`{"inputs":[],"outputs":[{"name":"y",${parameters('"shared_memory_region":"r0"')}}]}`)).toBe(
      "invalid_argument: output 'y': parameter 'shared_memory_byte_size' must come with shared_memory_region",
    );
  });
});

describe('decodeInfer of binary data', () => {
  const x = (size: unknown, datatype = 'FP32', shape = '[2]') =>
    `{"inputs":[{"name":"x","shape":${shape},"datatype":"${datatype}","parameters":{"binary_data_size":${size}}}]}`;

  it('gives each input its part of what follows the JSON, as a view, and mixes with JSON data', () => {
    const json = `{"inputs":[
      {"name":"a","shape":[2],"datatype":"INT16","parameters":{"binary_data_size":4}},
      {"name":"b","shape":[2],"datatype":"UINT8","data":[9,8]},
      {"name":"c","shape":[],"datatype":"FP16","parameters":{"binary_data_size":2}},
      {"name":"d","shape":[0,3],"datatype":"FP32","parameters":{"binary_data_size":0}}]}`;
    const { request } = decode(json, { blob: Uint8Array.of(1, 0, 2, 0, 0, 0x3c) });
    expect(request.inputs.map(({ data }) => [...data])).toEqual([[1, 0, 2, 0], [9, 8], [0, 0x3c], []]);
    expect(request.inputs[0]?.data.buffer).toBe(request.inputs[2]?.data.buffer);
  });

  it('takes BYTES that are not UTF-8', () => {
    const blob = Uint8Array.of(2, 0, 0, 0, 0xff, 0xfe, 0, 0, 0, 0);
    expect(decode(x(10, 'BYTES'), { blob }).request.inputs[0]?.data).toEqual(Buffer.from(blob));
  });

  it.each<[string, Uint8Array | undefined, string]>([
    [x(8), Buffer.alloc(7), "input 'x': binary_data_size says 8 bytes, but 7 are left behind the JSON"],
    [x(8), undefined, "input 'x': binary_data_size says 8 bytes, but 0 are left behind the JSON"],
    [
      x(8),
      Buffer.alloc(9),
      'expected 8 bytes of binary data behind the JSON, got 9; check binary_data_size and Inference-Header-Content-Length',
    ],
    [x(4), Buffer.alloc(4), "input 'x': expected 8 bytes for FP32[2], got 4"],
    [
      x(16, 'FP32', '[2147483647,2147483647]'),
      Buffer.alloc(16),
      "input 'x': expected 18446744056529682000 bytes for FP32[2147483647,2147483647], got 16",
    ],
    [x(-1), Buffer.alloc(8), "input 'x': parameter 'binary_data_size' must be an integer of at least 0, got -1"],
    [x('"8"'), Buffer.alloc(8), "input 'x': parameter 'binary_data_size' must be an integer of at least 0, got '8'"],
    [x(1e300), Buffer.alloc(8), "input 'x': parameter 'binary_data_size' must be an integer of at least 0, got 1e+300"],
    [x(4, 'BYTES'), Buffer.alloc(4), "input 'x': expected 2 elements for shape [2], got 1"],
    [x(12, 'BYTES'), Buffer.alloc(12), "input 'x': expected 2 elements for shape [2], got 3"],
    [x(6, 'BYTES'), Buffer.alloc(6), "input 'x': BYTES element 1: expected a 4-byte length, got 2 trailing bytes"],
    [
      x(4, 'BYTES'),
      Buffer.of(0xff, 0xff, 0xff, 0xff),
      "input 'x': BYTES element 0: its length says 4294967295 bytes, but only 0 are left",
    ],
  ])('refuses %s', (json, blob, message) => {
    expect(refusal(json, blob === undefined ? {} : { blob })).toBe(`invalid_argument: ${message}`);
  });

  it.each(['-1', '1.5', 'abc', '', '999', '99999999999999999999'])(
    'refuses an Inference-Header-Content-Length of %j',
    (length) => {
      expect(refusal('{"inputs":[]}', { headers: { 'inference-header-content-length': length } })).toBe(
        `invalid_argument: request: expected Inference-Header-Content-Length from 0 to 13, the bytes of the body, got '${length}'`,
      );
    },
  );

  it('refuses a length that cuts the JSON or takes data for JSON', () => {
    const cut = { 'inference-header-content-length': '10' };
    expect(refusal(`{"inputs":[${X}]}`, { headers: cut })).toBe(
      'invalid_argument: invalid JSON at byte 10: expected an array, got the end of the JSON',
    );
    const within = { 'inference-header-content-length': '15' };
    expect(refusal('{"inputs":[]}}}', { headers: within })).toBe(
      "invalid_argument: invalid JSON at byte 13: expected the end of the JSON, got '}'",
    );
  });

  it('reads no number beyond the JSON, even where the data behind it goes on like one', () => {
    const json = '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1';
    expect(refusal(json, { blob: Buffer.from('2]}]}') })).toBe(
      "invalid_argument: invalid JSON at byte 62: expected ',' or ']', got the end of the JSON",
    );
  });
});

describe('decodeInfer of a raw tensor', () => {
  const headers = { 'inference-header-content-length': '0' };
  const signature = (shape: readonly number[], more: Partial<Signature['inputs'][number]> = {}): Signature => ({
    inputs: [{ name: 'IN', datatype: 'FP32', shape, batchAxis: null, optional: false, ...more }],
    outputs: [],
  });

  it.each<[string, Signature, number, number[]]>([
    ['fixed', signature([2, 2]), 16, [2, 2]],
    ['one variable dimension', signature([-1, 4]), 32, [2, 4]],
    ['one variable dimension and no data', signature([-1]), 0, [0]],
    ['one row of a batch', signature([-1, 4], { batchAxis: 0 }), 16, [1, 4]],
    ['one row of a batch and a variable dimension', signature([-1, -1, 2], { batchAxis: 0 }), 24, [1, 3, 2]],
  ])('finds the shape: %s', (_, model, sizeBytes, shape) => {
    const body = Buffer.alloc(sizeBytes, 1);
    const { request, binaryOutputs } = decode(body, { headers, signature: model });
    expect(request.inputs).toEqual([{ name: 'IN', datatype: 'FP32', shape, data: body }]);
    expect(binaryOutputs).toBe('all');
  });

  it('takes the body for the one element of a BYTES input', () => {
    const body = Buffer.from('hello \xff raw', 'latin1');
    const { request } = decode(body, { headers, signature: signature([-1], { datatype: 'BYTES' }) });
    const data = Buffer.concat([Buffer.of(11, 0, 0, 0), body]);
    expect(request.inputs).toEqual([{ name: 'IN', datatype: 'BYTES', shape: [1], data: new Uint8Array(data) }]);
  });

  it.each<[Signature, number, string]>([
    [{ inputs: [], outputs: [] }, 4, 'the model must have 1 input, got 0; send a JSON header'],
    [
      { inputs: [...signature([1]).inputs, ...signature([1]).inputs], outputs: [] },
      4,
      'the model must have 1 input, got 2; send a JSON header',
    ],
    [signature([-1, -1]), 4, "input 'IN' must have at most 1 variable dimension, got [-1,-1]"],
    [signature([4]), 5, "input 'IN' with shape [4] needs 16 bytes, got 5"],
    [signature([-1, 4], { batchAxis: 0 }), 32, "input 'IN' with shape [-1,4] needs 16 bytes, got 32"],
    [signature([-1, 4]), 24, "input 'IN' with shape [-1,4] needs a multiple of 16 bytes, got 24"],
    [signature([-1, 0]), 24, "input 'IN' with shape [-1,0] needs a multiple of 0 bytes, got 24"],
    [signature([2], { datatype: 'BYTES' }), 4, "BYTES input 'IN' must take 1 element, its shape is [2]"],
  ])('refuses what does not fit %j', (model, sizeBytes, message) => {
    expect(refusal(Buffer.alloc(sizeBytes), { headers, signature: model })).toBe(
      `invalid_argument: raw binary request: ${message}`,
    );
  });
});
