import { describe, expect, it } from 'vitest';
import { bytesOf, type InferResponse, packBytes, type Tensor } from '../../core/index.js';
import { createInferEncoder } from './encode-infer.js';

const REF = { name: 'mlp16l', version: 1, generation: 7 };
const NONE = new Set<string>();

function answer(outputs: readonly Tensor[], more: Partial<InferResponse> = {}): InferResponse {
  return { ref: REF, id: '', outputs, parameters: {}, ...more };
}

const Y: Tensor = { name: 'y', datatype: 'FP32', shape: [1, 3], data: bytesOf(Float32Array.of(0.1, -2, 1e-7)) };
const COUNTS: Tensor = { name: 'n', datatype: 'INT32', shape: [2], data: bytesOf(Int32Array.of(1, -2)) };

describe('createInferEncoder', () => {
  it('writes members in the order of Triton', async () => {
    const encode = createInferEncoder();
    const response = answer([Y, COUNTS], { id: 'req-é-1', parameters: { a: 's', b: true, c: 1.5, d: 2n ** 60n } });
    expect(await encode(response, NONE)).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(
        '{"id":"req-é-1","model_name":"mlp16l","model_version":"1","parameters":{"a":"s","b":true,"c":1.5,"d":1152921504606846976},' +
          '"outputs":[{"name":"y","datatype":"FP32","shape":[1,3],"data":[0.1,-2.0,1e-7]},' +
          '{"name":"n","datatype":"INT32","shape":[2],"data":[1,-2]}]}',
      ),
    });
  });

  it('writes lists and objects among the parameters as JSON text', async () => {
    const { body } = await createInferEncoder()(answer([], { parameters: { a: [1, { b: null }], c: 'x' } }), NONE);
    expect(body).toBe(
      String.raw`{"model_name":"mlp16l","model_version":"1","parameters":{"a":"[1,{\"b\":null}]","c":"x"},"outputs":[]}`,
    );
  });

  it('leaves out an empty id and empty parameters, and gives short ASCII text as a string', async () => {
    const { body } = await createInferEncoder()(answer([COUNTS]), NONE);
    expect(body).toBe(
      '{"model_name":"mlp16l","model_version":"1","outputs":[{"name":"n","datatype":"INT32","shape":[2],"data":[1,-2]}]}',
    );
  });

  it('describes outputs that went to shared memory and no more', async () => {
    const sharedOutputs = new Map([['y', { region: 'r', offset: 0, sizeBytes: 12 }]]);
    const shared = { ...Y, data: new Uint8Array(0) };
    const head = '{"model_name":"mlp16l","model_version":"1","outputs":[{"name":"y","datatype":"FP32","shape":[1,3]}';
    const { body } = await createInferEncoder()(answer([shared, COUNTS], { sharedOutputs }), NONE);
    expect(String(body)).toBe(`${head},{"name":"n","datatype":"INT32","shape":[2],"data":[1,-2]}]}`);
    expect((await createInferEncoder()(answer([shared], { sharedOutputs }), 'all')).body).toBe(`${head}]}`);
  });

  it('tells two versions of one model apart', async () => {
    const encode = createInferEncoder();
    await encode(answer([]), NONE);
    expect((await encode(answer([], { ref: { ...REF, version: 12 } }), NONE)).body).toBe(
      '{"model_name":"mlp16l","model_version":"12","outputs":[]}',
    );
  });

  it('puts binary data behind the JSON in the order of the outputs, without copying it', async () => {
    const encode = createInferEncoder();
    const last: Tensor = { ...COUNTS, name: 'last' };
    const { headers, body } = await encode(answer([Y, COUNTS, last]), new Set(['y', 'last']));
    const json =
      '{"model_name":"mlp16l","model_version":"1","outputs":[' +
      '{"name":"y","datatype":"FP32","shape":[1,3],"parameters":{"binary_data_size":12}},' +
      '{"name":"n","datatype":"INT32","shape":[2],"data":[1,-2]},' +
      '{"name":"last","datatype":"INT32","shape":[2],"parameters":{"binary_data_size":8}}]}';
    expect(headers).toEqual({
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
    });
    const [head, ...blobs] = body as readonly Uint8Array[];
    expect(head).toEqual(Buffer.from(json));
    expect(blobs[0]).toBe(Y.data);
    expect(blobs[1]).toBe(last.data);
  });

  it('keeps the JSON before binary data as it was while the next answer is written', async () => {
    const encode = createInferEncoder();
    const { body } = await encode(answer([Y]), 'all');
    const before = Buffer.from((body as readonly Uint8Array[])[0] as Uint8Array);
    await encode(answer([COUNTS, Y], { id: 'another' }), NONE);
    expect((body as readonly Uint8Array[])[0]).toEqual(before);
  });

  it.each<[string, Tensor, string]>([
    ['BOOL', { name: 'b', datatype: 'BOOL', shape: [3], data: Uint8Array.of(0, 1, 2) }, 'false,true,true'],
    [
      'INT64',
      { name: 'i', datatype: 'INT64', shape: [2], data: bytesOf(BigInt64Array.of(-(2n ** 63n), -1n)) },
      '-9223372036854775808,-1',
    ],
    [
      'UINT64',
      { name: 'u', datatype: 'UINT64', shape: [2], data: bytesOf(BigUint64Array.of(2n ** 64n - 1n, 5n)) },
      '18446744073709551615,5',
    ],
    [
      'FP32',
      {
        name: 'f',
        datatype: 'FP32',
        shape: [3],
        data: bytesOf(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)),
      },
      'NaN,Infinity,-Infinity',
    ],
    ['FP64', { name: 'd', datatype: 'FP64', shape: [], data: bytesOf(Float64Array.of(0.1)) }, '0.1'],
    [
      'BYTES',
      { name: 's', datatype: 'BYTES', shape: [2], data: packBytes([Buffer.from('a"\n'), Buffer.from('')]) },
      '"a\\"\\n",""',
    ],
    [
      'unaligned data',
      { name: 'f', datatype: 'FP32', shape: [1], data: Uint8Array.of(9, 0, 0, 0x80, 0x3f).subarray(1) },
      '1.0',
    ],
  ])('writes %s', async (_, output, data) => {
    expect(String((await createInferEncoder()(answer([output]), NONE)).body)).toContain(`"data":[${data}]`);
  });

  it('writes BYTES that are not UTF-8 as they are', async () => {
    const output: Tensor = { name: 's', datatype: 'BYTES', shape: [1], data: packBytes([Uint8Array.of(0xff)]) };
    const { body } = await createInferEncoder()(answer([output]), NONE);
    expect(Buffer.from(body as Uint8Array).toString('latin1')).toContain('"data":["\xff"]');
  });

  it.each([
    ['FP16', Uint8Array.of(0, 0x3c, 0x66, 0x2e, 0, 0x7c), '1.0,0.099975586,Infinity'],
    ['BF16', Uint8Array.of(0x80, 0x3f, 0xcd, 0x3d, 0xc0, 0x7f), '1.0,0.100097656,NaN'],
  ] as const)('writes %s as the float32 that each element is', async (datatype, data, text) => {
    const { body } = await createInferEncoder()(answer([{ name: 'h', datatype, shape: [3], data }]), NONE);
    expect(String(body)).toContain(`"datatype":"${datatype}","shape":[3],"data":[${text}]`);
  });
});
