import { describe, expect, it } from 'vitest';
import { DATATYPES, type Datatype, type TensorSpec } from '../core/index.js';
import { curlCommand, exampleRequest } from './openapi-example.js';

function spec(name: string, datatype: Datatype, shape: readonly number[], optional = false): TensorSpec {
  return { name, datatype, shape, batchAxis: 0, optional };
}

describe('exampleRequest', () => {
  it.each(DATATYPES)('has data of type %s', (datatype) => {
    const { json, zeroBytes } = exampleRequest({ inputs: [spec('x', datatype, [-1, 2])], outputs: [] });
    const expected =
      datatype === 'BOOL' ? [true, false] : datatype === 'BYTES' ? ['text', 'text'] : [0, expect.any(Number)];
    expect(json).toEqual({ inputs: [{ name: 'x', datatype, shape: [1, 2], data: expected }] });
    expect(zeroBytes).toBe(0);
  });

  it('leaves out optional inputs, and has one element for a scalar', () => {
    const { json } = exampleRequest({ inputs: [spec('s', 'INT64', []), spec('o', 'FP32', [1], true)], outputs: [] });
    expect(json).toEqual({ inputs: [{ name: 's', datatype: 'INT64', shape: [], data: [0] }] });
  });

  it('announces large tensors as bytes, and asks for bytes where there is no JSON', () => {
    const inputs = [spec('a', 'FP16', [-1, 100]), spec('b', 'BYTES', [65])];
    expect(exampleRequest({ inputs, outputs: [spec('y', 'BF16', [1])] })).toEqual({
      json: {
        inputs: [
          { name: 'a', datatype: 'FP16', shape: [1, 100], parameters: { binary_data_size: 200 } },
          { name: 'b', datatype: 'BYTES', shape: [65], parameters: { binary_data_size: 260 } },
        ],
        parameters: { binary_data_output: true },
      },
      zeroBytes: 460,
    });
  });
});

describe('curlCommand', () => {
  const json = { inputs: [{ name: "it's" }] };

  it('quotes for the shell and takes the key from the environment', () => {
    expect(curlCommand('http://h/x', { json, zeroBytes: 0 }, { withKey: true })).toBe(
      `curl -H "Authorization: Bearer $MILLRACE_KEY" 'http://h/x' -d '{"inputs":[{"name":"it'\\''s"}]}'`,
    );
  });

  it('sends zeros behind the JSON', () => {
    expect(curlCommand('http://h/x', { json, zeroBytes: 9 }, { withKey: false })).toBe(
      `(printf '%s' '{"inputs":[{"name":"it'\\''s"}]}'; head -c 9 /dev/zero) | curl 'http://h/x' ` +
        `-H 'Inference-Header-Content-Length: 28' --data-binary @-`,
    );
  });
});
