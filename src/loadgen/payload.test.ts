import { describe, expect, it } from 'vitest';
import { DATATYPES, ELEMENT_SIZE_BYTES, type TensorSpec, typedView } from '../core/index.js';
import { createInferRequest, generateTensors } from './payload.js';

function spec(overrides: Partial<TensorSpec>): TensorSpec {
  return { name: 'x', datatype: 'FP32', shape: [-1, 4], batchAxis: 0, optional: false, ...overrides };
}

describe('generateTensors', () => {
  it('fills in the batch size and takes other variable dimensions from the given shapes', () => {
    const inputs = [spec({}), spec({ name: 'ids', datatype: 'INT64', shape: [-1, -1] })];
    const tensors = generateTensors(inputs, { rows: 3, shapes: { ids: [3, 7] } });
    expect(tensors.map(({ name, shape, data }) => ({ name, shape, bytes: data.length }))).toEqual([
      { name: 'x', shape: [3, 4], bytes: 48 },
      { name: 'ids', shape: [3, 7], bytes: 168 },
    ]);
  });

  it('asks for the shape of an input with variable dimensions', () => {
    expect(() => generateTensors([spec({ shape: [-1, -1, 8] })])).toThrow(
      "input 'x': FP32[-1,-1,8] has variable dimensions; give its full shape",
    );
  });

  it('leaves out optional inputs', () => {
    expect(generateTensors([spec({ optional: true })])).toEqual([]);
  });

  it.each(DATATYPES.filter((datatype) => datatype !== 'BYTES'))(
    'makes repeatable and zero data of type %s',
    (datatype) => {
      const inputs = [spec({ datatype, shape: [8] })];
      const [first] = generateTensors(inputs, { seed: 3 });
      expect(generateTensors(inputs, { seed: 3 })).toEqual([first]);
      expect(first?.data.length).toBe(8 * ELEMENT_SIZE_BYTES[datatype]);
      expect(first?.data.some((byte) => byte !== 0)).toBe(true);
      expect(generateTensors(inputs, { data: 'zero' })[0]?.data).toEqual(new Uint8Array(first?.data.length ?? 0));
    },
  );

  it('makes numbers of [0, 1) for floats', () => {
    const [tensor] = generateTensors([spec({ shape: [100] })]);
    const values = Array.from(typedView('FP32', tensor?.data ?? new Uint8Array()), Number);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
  });
});

describe('createInferRequest', () => {
  const tensors = generateTensors([spec({ shape: [1, 2] }), spec({ name: 's', datatype: 'BYTES', shape: [1] })]);

  it('puts binary tensors behind the JSON in the order of the inputs', () => {
    const request = createInferRequest({ model: 'a b', version: '2', tensors, format: 'binary' });
    const headerBytes = Number(request.headers['inference-header-content-length']);
    expect(request.path).toBe('/v2/models/a%20b/versions/2/infer');
    expect(JSON.parse(Buffer.from(request.body.subarray(0, headerBytes)).toString())).toEqual({
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
        { name: 's', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 20 } },
      ],
      parameters: { binary_data_output: true },
    });
    expect(request.body.length).toBe(headerBytes + 28);
  });

  it('writes floats as the short decimals that they are', () => {
    const request = createInferRequest({ model: 'm', tensors, format: 'json' });
    const { inputs } = JSON.parse(Buffer.from(request.body).toString());
    expect(request.path).toBe('/v2/models/m/infer');
    expect(inputs[0].data).toEqual([0.627, 0.0027]);
    expect(inputs[1].data[0]).toMatch(/^[a-z]{16}$/);
  });

  it('says that half floats go in the binary format only', () => {
    const half = generateTensors([spec({ datatype: 'FP16', shape: [2] })]);
    expect(() => createInferRequest({ model: 'm', tensors: half, format: 'json' })).toThrow(
      'FP16 tensors are sent in the binary format only',
    );
  });
});
