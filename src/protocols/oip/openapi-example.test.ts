import { describe, expect, it } from 'vitest';
import { fakeModelInfo } from '../../../test/support/fake-service.js';
import { DATATYPES, type Datatype, type Signature, type TensorSpec } from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import { curlCommand, exampleRequest } from './openapi-example.js';

function spec(name: string, datatype: Datatype, shape: readonly number[], optional = false): TensorSpec {
  return { name, datatype, shape, batchAxis: 0, optional };
}

function model(signature: Signature, kind: { decoupled?: boolean; sequences?: boolean } = {}) {
  return { ...fakeModelInfo('m', 1, signature), ...kind };
}

const exampleOf = (info: ModelInfo) => exampleRequest(info, []);

describe('exampleRequest', () => {
  it.each(DATATYPES)('has data of type %s', (datatype) => {
    const { json, zeroBytes } = exampleOf(model({ inputs: [spec('x', datatype, [-1, 2])], outputs: [] }));
    const expected =
      datatype === 'BOOL' ? [true, false] : datatype === 'BYTES' ? ['text', 'text'] : [0, expect.any(Number)];
    expect(json).toEqual({ inputs: [{ name: 'x', datatype, shape: [1, 2], data: expected }] });
    expect(zeroBytes).toBe(0);
  });

  it('leaves out optional inputs, and has one element for a scalar', () => {
    const { json } = exampleOf(model({ inputs: [spec('s', 'INT64', []), spec('o', 'FP32', [1], true)], outputs: [] }));
    expect(json).toEqual({ inputs: [{ name: 's', datatype: 'INT64', shape: [], data: [0] }] });
  });

  it('announces large tensors as bytes, and asks for bytes where there is no JSON', () => {
    const inputs = [spec('a', 'FP16', [-1, 100]), spec('b', 'BYTES', [65])];
    expect(exampleOf(model({ inputs, outputs: [spec('y', 'BF16', [1])] }))).toEqual({
      route: 'infer',
      json: {
        inputs: [
          { name: 'a', datatype: 'FP16', shape: [1, 100], parameters: { binary_data_size: 200 } },
          { name: 'b', datatype: 'BYTES', shape: [65], parameters: { binary_data_size: 260 } },
        ],
      },
      zeroBytes: 460,
    });
  });
});

describe('exampleRequest of a model that infer does not reach as it is', () => {
  const inputs = [spec('from', 'INT32', [1]), spec('text', 'BYTES', [2]), spec('o', 'FP32', [1], true)];

  it('is plain JSON for generate_stream where a model answers any number of times', () => {
    expect(exampleOf(model({ inputs, outputs: [spec('y', 'BF16', [1])] }, { decoupled: true }))).toEqual({
      route: 'generate_stream',
      json: { from: 3, text: ['text', 'text'] },
      zeroBytes: 0,
    });
  });

  it('is a whole sequence in one request where a model takes sequences', () => {
    const parameters = { sequence_id: 1_000_000_001, sequence_start: true, sequence_end: true };
    const { route, json } = exampleOf(model({ inputs: [], outputs: [] }, { sequences: true }));
    expect([route, json]).toEqual(['infer', { inputs: [], parameters }]);
    const both = exampleOf(model({ inputs: [], outputs: [] }, { sequences: true, decoupled: true }));
    expect(both).toEqual({ route: 'generate_stream', json: parameters, zeroBytes: 0 });
  });
});

describe('exampleRequest of a model with a warm-up sample', () => {
  it('has its shapes, and the data of its small files', () => {
    const info = model({ inputs: [spec('x', 'FP32', [-1, -1]), spec('rate', 'INT64', [])], outputs: [] });
    const inputs = { x: { shape: [3], data: 'zero' as const }, rate: { data: { file: 'rate.bin' } } };
    const source = { ...info.source, config: { warmup: [{ name: 'first', inputs }] } };
    const rate = {
      name: 'rate',
      datatype: 'INT64',
      shape: [],
      data: new Uint8Array(BigInt64Array.of(16_000n).buffer),
    } as const;
    expect(exampleRequest({ ...info, source }, [rate]).json).toEqual({
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [1, 3], data: [0, 0.1, 0.2] },
        { name: 'rate', datatype: 'INT64', shape: [], data: [16_000] },
      ],
    });
  });
});

describe('curlCommand', () => {
  const example = { route: 'infer', json: { inputs: [{ name: "it's" }] }, zeroBytes: 0 } as const;

  it('quotes for the shell and takes the key from the environment', () => {
    expect(curlCommand('http://h/x', example, { withKey: true })).toBe(
      `curl -s http://h/x/infer -H "Authorization: Bearer $MILLRACE_KEY" -d '{"inputs":[{"name":"it'\\''s"}]}'`,
    );
  });

  it('quotes the address as well, in which a model may have such a name', () => {
    expect(curlCommand("http://h/it's", { ...example, json: { inputs: [] } }, { withKey: false })).toBe(
      `curl -s 'http://h/it'\\''s/infer' -d '{"inputs":[]}'`,
    );
  });

  it('sends zeros behind the JSON', () => {
    expect(curlCommand('http://h/x', { ...example, zeroBytes: 9 }, { withKey: false })).toBe(
      `(printf '%s' '{"inputs":[{"name":"it'\\''s"}]}'; head -c 9 /dev/zero) | curl -s http://h/x/infer ` +
        `-H 'Inference-Header-Content-Length: 28' --data-binary @-`,
    );
  });

  it('reads a stream as it comes', () => {
    const json = { from: 3 };
    expect(curlCommand('http://h/x', { route: 'generate_stream', json, zeroBytes: 0 }, { withKey: false })).toBe(
      `curl -sN http://h/x/generate_stream -d '{"from":3}'`,
    );
  });
});
