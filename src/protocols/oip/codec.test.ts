import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DATATYPES,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  type InferResponse,
  packBytes,
  type Tensor,
} from '../../core/index.js';
import type { WireResponse } from '../wire.js';
import { decodeInfer } from './decode-infer.js';
import { createInferEncoder } from './encode-infer.js';

const REF = { name: 'm', version: 3, generation: 1 };
const encode = createInferEncoder();
const JSON_TYPES = DATATYPES.filter((datatype) => datatype !== 'FP16' && datatype !== 'BF16');

const shape = fc.array(fc.nat({ max: 5 }), { maxLength: 4 });

/** Raw data of a tensor. As JSON cannot tell one NaN from another, floats are finite or infinite there. */
function rawData(datatype: Datatype, count: number): fc.Arbitrary<Uint8Array> {
  const size = { minLength: count, maxLength: count };
  if (datatype === 'BYTES') {
    const text = fc.string({ unit: 'binary', maxLength: 12 }).map((value) => Buffer.from(value));
    return fc.array(text, size).map(packBytes);
  }
  if (datatype === 'FP32')
    return fc.float32Array({ ...size, noNaN: true }).map((array) => new Uint8Array(array.buffer));
  if (datatype === 'FP64')
    return fc.float64Array({ ...size, noNaN: true }).map((array) => new Uint8Array(array.buffer));
  if (datatype === 'BOOL') return fc.uint8Array({ ...size, max: 1 });
  const sizeBytes = count * ELEMENT_SIZE_BYTES[datatype];
  return fc.uint8Array({ minLength: sizeBytes, maxLength: sizeBytes });
}

function tensors(datatypes: readonly Datatype[]): fc.Arbitrary<Tensor[]> {
  const tensor = fc
    .record({ name: fc.string({ unit: 'binary', maxLength: 8 }), datatype: fc.constantFrom(...datatypes), shape })
    .chain((head) => rawData(head.datatype, elementCount(head.shape)).map((data): Tensor => ({ ...head, data })));
  return fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 4 });
}

function bytesOf({ body }: WireResponse): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.concat(body);
}

/** What a client that sends an answer back as a request would make the server read. */
function reread(response: WireResponse): readonly Tensor[] {
  const body = Buffer.from(bytesOf(response).toString('latin1').replace('"outputs":[', '"inputs":['), 'latin1');
  const headers: Record<string, string> = { ...response.headers };
  const length = headers['inference-header-content-length'];
  if (length !== undefined) headers['inference-header-content-length'] = String(Number(length) - 1);
  const wire = { method: 'POST', url: '', headers, body };
  const options = { maxInputs: 8, signatureOf: () => ({ inputs: [], outputs: [] }) };
  return decodeInfer(wire, { name: 'm', version: undefined }, options).request.inputs;
}

function answer(outputs: readonly Tensor[]): InferResponse {
  return { ref: REF, id: 'id', outputs, parameters: {} };
}

function plain(list: readonly Tensor[]): readonly Tensor[] {
  return list.map((tensor) => ({ ...tensor, data: new Uint8Array(tensor.data) }));
}

describe('a tensor', () => {
  it('survives being written and read as JSON', () => {
    fc.assert(
      fc.property(tensors(JSON_TYPES), (outputs) => {
        expect(plain(reread(encode(answer(outputs), new Set())))).toEqual(plain(outputs));
      }),
      { numRuns: 300 },
    );
  });

  it('survives being written and read as binary data', () => {
    fc.assert(
      fc.property(tensors(DATATYPES), (outputs) => {
        expect(plain(reread(encode(answer(outputs), 'all')))).toEqual(plain(outputs));
      }),
      { numRuns: 300 },
    );
  });

  it('survives a mixture of both', () => {
    fc.assert(
      fc.property(tensors(JSON_TYPES), fc.func(fc.boolean()), (outputs, isBinary) => {
        const names = outputs.map(({ name }) => name).filter((name) => isBinary(name));
        expect(plain(reread(encode(answer(outputs), new Set(names))))).toEqual(plain(outputs));
      }),
    );
  });
});
