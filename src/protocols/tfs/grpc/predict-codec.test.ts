import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  DATATYPES,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  packBytes,
  type Tensor,
} from '../../../core/index.js';
import { LARGE_BYTES } from '../../wire.js';
import { dtypeName } from '../dtypes.js';
import { decodePredict, isLargePredict } from './decode-predict.js';
import { TENSOR_FIELDS } from './decode-tensor.js';
import { createPredictEncoder } from './encode-predict.js';
import { MESSAGES } from './schema.js';

const REF = { name: 'm', version: 3, generation: 1 };
const OPTIONS = { maxInputs: 4 };

function request(json: object): Uint8Array {
  return Buffer.concat([...MESSAGES.encodeFromJson('PredictRequest', json)]);
}

const x = (tensor: object) => request({ model_spec: { name: 'm' }, inputs: { x: tensor } });
const shapeOf = (...sizes: readonly number[]) => ({ dim: sizes.map((size) => ({ size: String(size) })) });

function dataOf(message: Uint8Array): string {
  return Buffer.from(decodePredict(message, OPTIONS).request.inputs[0]?.data ?? []).toString('hex');
}

const hexOf = (array: ArrayBufferView) => Buffer.from(bytesOf(array)).toString('hex');

function refusalOf(message: Uint8Array, code = 'invalid_argument'): string {
  try {
    decodePredict(message, OPTIONS);
  } catch (error) {
    expect(error).toMatchObject({ code });
    return (error as Error).message;
  }
  throw new Error('was accepted');
}

describe('decodePredict', () => {
  it('reads model, version, label, signature and output filter', () => {
    const spec = { name: 'm', version: '7', signature_name: 's' };
    const { spec: read, request: decoded } = decodePredict(
      request({ model_spec: spec, output_filter: ['y'] }),
      OPTIONS,
    );
    expect(read).toEqual({ target: { name: 'm', version: 7 }, signatureName: 's' });
    expect(decoded.outputs).toEqual([{ name: 'y', classificationCount: 0 }]);
    const labelled = request({ model_spec: { name: 'm', version_label: 'canary' } });
    expect(decodePredict(labelled, OPTIONS).spec.target).toEqual({ name: 'm@canary', version: undefined });
  });

  const floats = Float32Array.of(1.5, -2);
  it.each([
    ['DT_FLOAT', { float_val: [1.5, -2] }, floats],
    ['DT_DOUBLE', { double_val: [1.5, -2] }, Float64Array.of(1.5, -2)],
    ['DT_HALF', { half_val: [0x3c00, 0xc000] }, Uint16Array.of(0x3c00, 0xc000)],
    ['DT_BFLOAT16', { half_val: [1, 2] }, Uint16Array.of(1, 2)],
    ['DT_INT8', { int_val: [-128, 127] }, Int8Array.of(-128, 127)],
    ['DT_INT16', { int_val: [-1, 2] }, Int16Array.of(-1, 2)],
    ['DT_INT32', { int_val: [-1, 2 ** 31 - 1] }, Int32Array.of(-1, 2 ** 31 - 1)],
    ['DT_UINT8', { int_val: [0, 255] }, Uint8Array.of(0, 255)],
    ['DT_UINT16', { int_val: [0, 65_535] }, Uint16Array.of(0, 65_535)],
    ['DT_UINT32', { uint32_val: [0, 2 ** 32 - 1] }, Uint32Array.of(0, 2 ** 32 - 1)],
    ['DT_INT64', { int64_val: ['-1', '9223372036854775807'] }, BigInt64Array.of(-1n, 2n ** 63n - 1n)],
    ['DT_UINT64', { uint64_val: ['1', '18446744073709551615'] }, BigUint64Array.of(1n, 2n ** 64n - 1n)],
    ['DT_BOOL', { bool_val: [true, false] }, Uint8Array.of(1, 0)],
  ])('reads %s from its typed field', (dtype, values, expected) => {
    expect(dataOf(x({ dtype, tensor_shape: shapeOf(2), ...values }))).toBe(hexOf(expected));
  });

  it('reads strings, and the last of them for those that are missing', () => {
    const string_val = ['YQ==', 'YmI='];
    const tensor = { dtype: 'DT_STRING', tensor_shape: shapeOf(3), string_val };
    expect(dataOf(x(tensor))).toBe(hexOf(packBytes(['a', 'bb', 'bb'].map((text) => Buffer.from(text)))));
    expect(dataOf(x({ ...tensor, string_val: [] }))).toBe(hexOf(packBytes([0, 0, 0].map(() => new Uint8Array(0)))));
  });

  it('fills in with the last element, and with 0 where there is none', () => {
    const tensor = { dtype: 'DT_FLOAT', tensor_shape: shapeOf(2, 2) };
    expect(dataOf(x({ ...tensor, float_val: [3] }))).toBe(hexOf(Float32Array.of(3, 3, 3, 3)));
    expect(dataOf(x({ ...tensor, float_val: [1, 2] }))).toBe(hexOf(Float32Array.of(1, 2, 2, 2)));
    expect(dataOf(x(tensor))).toBe(hexOf(new Float32Array(4)));
    expect(dataOf(x({ dtype: 'DT_INT64', tensor_shape: shapeOf(2), int64_val: ['-5'] }))).toBe(
      hexOf(BigInt64Array.of(-5n, -5n)),
    );
  });

  it('takes raw contents and packed floats as they are, without copying', () => {
    const content = Buffer.from(floats.buffer);
    const raw = x({ dtype: 'DT_FLOAT', tensor_shape: shapeOf(2), tensor_content: content.toString('base64') });
    const typed = x({ dtype: 'DT_FLOAT', tensor_shape: shapeOf(2), float_val: [...floats] });
    for (const message of [raw, typed]) {
      const [input] = decodePredict(message, OPTIONS).request.inputs;
      expect(input?.data.buffer).toBe(message.buffer);
      expect(Buffer.from(input?.data ?? []).equals(content)).toBe(true);
    }
  });

  it.each([
    [{}, "model_spec: expected the 'name' of a model, got none"],
    [{ dtype: 'DT_INVALID' }, "input 'x': expected a dtype of numbers, booleans or strings, got none"],
    [{ dtype: 'DT_COMPLEX64' }, "input 'x': expected a dtype of numbers, booleans or strings, got DT_COMPLEX64"],
    [{ dtype: 'DT_FLOAT', int_val: [1] }, "input 'x': elements of FP32 belong in 'float_val', got 'int_val'"],
    [{ dtype: 'DT_FLOAT', float_val: [1, 2] }, "input 'x': expected 1 element for shape [], got 2"],
    [{ dtype: 'DT_INT8', int_val: [128] }, "input 'x': int_val[0]: expected an integer from -128 to 127, got 128"],
    [{ dtype: 'DT_FLOAT', tensor_content: 'AAA=' }, "input 'x': FP32[] needs 4 bytes of 'tensor_content', got 2"],
    [
      { dtype: 'DT_STRING', tensor_content: 'AAA=' },
      "input 'x': elements of DT_STRING belong in 'string_val', got 'tensor_content'",
    ],
    [
      { dtype: 'DT_FLOAT', tensor_shape: { unknown_rank: true } },
      "input 'x': expected a tensor_shape with dimensions, got unknown_rank",
    ],
    [
      { dtype: 'DT_FLOAT', tensor_shape: shapeOf(-1) },
      "input 'x': tensor_shape.dim[0]: expected a size from 0 to 2147483647, got -1",
    ],
    [
      { dtype: 'DT_FLOAT', tensor_shape: shapeOf(2 ** 31 - 1), float_val: [1] },
      "input 'x': expected its elements, got so few that 8589934588 bytes would have to be filled in, of which 16777216 are left for this request",
    ],
  ])('refuses %j', (tensor, message) => {
    const asked = Object.keys(tensor).length === 0 ? new Uint8Array() : x(tensor);
    expect(refusalOf(asked)).toBe(message);
  });

  it('refuses both a version and a label, and what is only for streams', () => {
    // Both members of a oneof, which no codec writes: model_spec { name: "m" version { value: 1 } version_label: "l" }.
    const both = Buffer.from('0a0a0a016d1202080122016c', 'hex');
    expect(refusalOf(both)).toBe("model_spec: expected either a 'version' or a 'version_label', got 1 and 'l'");
    expect(refusalOf(Buffer.from('2a00', 'hex'), 'unimplemented')).toBe(
      'request: predict_streamed_options are for PredictStreamed, which is not served here',
    );
    const many = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`x${index}`, { dtype: 'DT_FLOAT' }]));
    expect(refusalOf(request({ inputs: many }))).toBe('request: expected at most 4 inputs, got more');
  });

  it('counts as large what has to be decoded, not what is raw', () => {
    const shape = shapeOf(LARGE_BYTES);
    const raw = x({
      dtype: 'DT_INT8',
      tensor_shape: shape,
      tensor_content: Buffer.alloc(LARGE_BYTES).toString('base64'),
    });
    expect(isLargePredict(raw)).toBe(false);
    expect(isLargePredict(x({ dtype: 'DT_FLOAT', float_val: Array(LARGE_BYTES).fill(1) }))).toBe(false);
    expect(isLargePredict(x({ dtype: 'DT_INT8', tensor_shape: shape, int_val: Array(LARGE_BYTES).fill(1) }))).toBe(
      true,
    );
    expect(isLargePredict(Buffer.alloc(2 * LARGE_BYTES, 0xff))).toBe(false);
  });
});

const tensor: fc.Arbitrary<Tensor> = fc
  .record({
    datatype: fc.constantFrom(...DATATYPES),
    shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
  })
  .chain(({ datatype, shape }) => {
    const count = elementCount(shape);
    const data =
      datatype === 'BYTES'
        ? fc.array(fc.uint8Array({ maxLength: 9 }), { minLength: count, maxLength: count }).map(packBytes)
        : fc
            .uint8Array({
              minLength: count * ELEMENT_SIZE_BYTES[datatype],
              maxLength: count * ELEMENT_SIZE_BYTES[datatype],
            })
            .map((bytes) => (datatype === 'BOOL' ? bytes.map((byte) => byte & 1) : bytes));
    return data.map((bytes) => ({ name: 'x', datatype, shape, data: bytes }));
  });

describe('answers', () => {
  const encode = createPredictEncoder();
  const typedField = (datatype: Datatype) => TENSOR_FIELDS.fields[TENSOR_FIELDS.fieldOf[datatype]]?.[0] ?? '';

  it('have the elements in typed fields, which read back as the same tensors', () => {
    fc.assert(
      fc.property(tensor, (output) => {
        const message = Buffer.concat([...encode({ ref: REF, outputs: [output] })]);
        // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
        const json: any = MESSAGES.decodeToJson('PredictResponse', message);
        expect(json.model_spec).toEqual({ name: 'm', version: '3', signature_name: 'serving_default' });
        const { x: encoded } = json.outputs;
        expect(encoded.dtype).toBe(dtypeName(output.datatype));
        expect(encoded[typedField(output.datatype)]).toHaveLength(elementCount(output.shape));
        const [read] = decodePredict(request({ model_spec: { name: 'm' }, inputs: { x: encoded } }), OPTIONS).request
          .inputs;
        if (output.datatype.startsWith('FP')) expect(read?.shape).toEqual(output.shape);
        else
          expect({ ...read, data: hexOf(read?.data ?? new Uint8Array()) }).toEqual({
            ...output,
            data: hexOf(output.data),
          });
      }),
      { numRuns: 500 },
    );
  });

  it('have several outputs, long ones in pieces that are not copied', () => {
    const long = { name: 'y', datatype: 'FP32', shape: [5_000], data: Buffer.alloc(20_000, 1) } as const;
    const short = { name: 'z', datatype: 'INT32', shape: [1], data: Buffer.from([1, 0, 0, 0]) } as const;
    const pieces = encode({ ref: REF, outputs: [long, short] });
    expect(pieces).toContain(long.data);
    const message = Buffer.concat([...pieces]);
    // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
    const json: any = MESSAGES.decodeToJson('PredictResponse', message);
    expect(json.outputs.y.float_val).toHaveLength(5_000);
    expect(json.outputs.z.int_val).toEqual([1]);
  });

  it('have many integers as they are', () => {
    const data = Buffer.alloc(4 * LARGE_BYTES, 1);
    const output = { name: 'y', datatype: 'INT32', shape: [LARGE_BYTES], data } as const;
    const message = Buffer.concat([...encode({ ref: REF, outputs: [output] })]);
    // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
    const json: any = MESSAGES.decodeToJson('PredictResponse', message);
    expect(Buffer.from(json.outputs.y.tensor_content, 'base64').equals(data)).toBe(true);
  });
});

describe('damaged requests', () => {
  const seeds = [
    x({ dtype: 'DT_FLOAT', tensor_shape: shapeOf(1, 2), float_val: [1, 2] }),
    x({ dtype: 'DT_STRING', tensor_shape: shapeOf(2), string_val: ['YQ==', 'YmI='] }),
    x({ dtype: 'DT_INT64', tensor_shape: shapeOf(3), int64_val: ['1', '-2'] }),
    request({ model_spec: { name: 'm', version: '1', signature_name: 's' }, output_filter: ['y'] }),
  ];

  it('are read or refused, and the same is said of how large they are', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), cut: fc.boolean() });
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(change, { maxLength: 3 }), (seed, changes) => {
        let message = Buffer.from(seed);
        for (const { at, byte, cut } of changes) {
          const place = at % Math.max(1, message.length);
          if (cut) message = message.subarray(0, place);
          else message[place] = byte;
        }
        try {
          decodePredict(message, OPTIONS);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^(invalid_argument|unimplemented)$/);
        }
        expect(isLargePredict(message)).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });
});
