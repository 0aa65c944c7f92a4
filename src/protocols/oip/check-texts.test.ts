import { serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { protoBytes } from '../../../test/support/grpc-messages.js';
import type { Signature } from '../../core/index.js';
import { MAX_TEXT_LENGTH } from './check-texts.js';
import { generate, infer, modelInfer } from './decoders.js';

const LONG = 'a'.repeat(MAX_TEXT_LENGTH);
const INPUT = { name: 'x', datatype: 'INT32', shape: [1], data: [1] };
const SIGNATURE: Signature = {
  inputs: [{ name: 'x', datatype: 'INT32', shape: [1], batchAxis: null, optional: false }],
  outputs: [],
};

const wireOf = (body: object) => ({ method: 'POST', url: '', headers: {}, body: Buffer.from(JSON.stringify(body)) });
const inferOf = (body: object) => infer({ wire: wireOf(body), maxInputs: 4 });
const grpcOf = (message: object) => {
  const inputs = [{ name: 'x', datatype: 'INT32', shape: ['1'], contents: { int_contents: [1] } }];
  return modelInfer({
    message: protoBytes('ModelInferRequest', { model_name: 'm', inputs, ...message }),
    maxInputs: 4,
  });
};

describe('what a large request says besides its data', () => {
  it.each([
    ['an id', () => inferOf({ id: LONG, inputs: [INPUT] })],
    ['the name of an input', () => inferOf({ inputs: [{ ...INPUT, name: LONG }], id: 'i' })],
    ['the name of an output', () => inferOf({ inputs: [INPUT], outputs: [{ name: LONG }] })],
    ['parameters', () => inferOf({ inputs: [INPUT], parameters: { a: LONG.slice(9), b: 'some more' } })],
    ['the name of a parameter', () => inferOf({ inputs: [INPUT], parameters: { [LONG]: true } })],
    ['a parameter of generate', () => generate({ wire: wireOf({ x: 1, p: LONG }), signature: SIGNATURE })],
    ['an id over gRPC', () => grpcOf({ id: LONG })],
    ['a parameter over gRPC', () => grpcOf({ parameters: { p: { string_param: LONG } } })],
  ])('has a bound: %s', (_, decode) => {
    expect(decode).toThrow(
      /^request: expected an id, names and parameters of at most 1048576 characters together, got 10485\d\d$/,
    );
  });

  it('is all that the event loop copies of it: the data is moved', () => {
    const data = Array(100_000).fill(1);
    const parameters = Object.fromEntries(Array.from({ length: 256 }, (_, index) => [`p${index}`, true]));
    const inputs = Array.from({ length: 4 }, (_, index) => ({
      ...INPUT,
      name: `x${index}`,
      shape: [data.length],
      data,
    }));
    const { result, tensors } = inferOf({ id: LONG.slice(3_000), inputs, parameters });
    expect(tensors).toEqual(result.request.inputs);
    const heads = result.request.inputs.map(({ data: _, ...head }) => head);
    const { parameters: kept, ...rest } = result.request;
    const copied = serialize({ ...rest, parameters: { ...kept }, inputs: heads }).length;
    expect(copied).toBeLessThan(MAX_TEXT_LENGTH + 10_000);
    expect(tensors.map(({ data: moved }) => moved.buffer.byteLength)).toEqual(Array(4).fill(4 * data.length));
  });
});
