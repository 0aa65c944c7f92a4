import { describe, expect, it } from 'vitest';
import { decode, input, refusal, X } from '../../../test/support/decode-request.js';
import type { Signature } from '../../core/index.js';

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
