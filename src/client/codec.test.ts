import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DATATYPES, type Datatype, ELEMENT_SIZE_BYTES, elementCount, packBytes, type Tensor } from '../core/index.js';
import { decodeAnswer } from './decode.js';
import { encodeRequest } from './encode.js';
import { formatWireJson, parseWireJson } from './wire-json.js';

/** The server's half of an identity model: what came goes back, as request and answer have the same layout. */
function echo(tensors: readonly Tensor[], binary: boolean): readonly Tensor[] {
  const { headers, body } = encodeRequest(tensors, { binary });
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const length = Number(headers['inference-header-content-length'] ?? bytes.byteLength);
  const { inputs } = parseWireJson(new TextDecoder().decode(bytes.subarray(0, length))) as { readonly inputs: unknown };
  // Long integers and NaN have come out of the parser as text; they go back bare.
  const text = formatWireJson({ model_name: 'echo', outputs: inputs }).replace(/"(-?\d{16,}|NaN|-?Infinity)"/g, '$1');
  const head = new TextEncoder().encode(text);
  return decodeAnswer({
    status: 200,
    headers: new Headers(binary ? { 'inference-header-content-length': String(head.byteLength) } : {}),
    body: Buffer.concat([head, bytes.subarray(length)]),
  }).tensors;
}

function raw(datatype: Datatype, count: number, textOnly: boolean): fc.Arbitrary<Uint8Array> {
  if (datatype === 'BYTES') {
    const element = textOnly
      ? fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text))
      : fc.uint8Array({ maxLength: 20 });
    return fc.array(element, { minLength: count, maxLength: count }).map(packBytes);
  }
  const sizeBytes = count * ELEMENT_SIZE_BYTES[datatype];
  const max = datatype === 'BOOL' ? 1 : 255;
  return fc.uint8Array({ minLength: sizeBytes, maxLength: sizeBytes, max });
}

function tensors(datatypes: readonly Datatype[], textOnly: boolean): fc.Arbitrary<Tensor> {
  const shape = fc.array(fc.nat({ max: 3 }), { maxLength: 3 });
  return fc
    .tuple(fc.constantFrom(...datatypes), shape)
    .chain(([datatype, size]) =>
      raw(datatype, elementCount(size), textOnly).map((data) => ({ name: 'x', datatype, shape: size, data })),
    );
}

const plain = ({ name, datatype, shape, data }: Tensor) => ({ name, datatype, shape, data: Array.from(data) });

it('brings every tensor of every datatype and shape back from the binary form unchanged', () => {
  fc.assert(
    fc.property(fc.array(tensors(DATATYPES, false), { maxLength: 3 }), (sent) => {
      expect(echo(sent, true).map(plain)).toEqual(sent.map(plain));
    }),
  );
});

it('brings every number and text back from JSON unchanged', () => {
  // Floats of any bits would hold NaNs of any payload, which JSON has only one of.
  const integers = DATATYPES.filter((datatype) => !/FP|BF/.test(datatype));
  fc.assert(
    fc.property(fc.array(tensors(integers, true), { maxLength: 3 }), (sent) => {
      expect(echo(sent, false).map(plain)).toEqual(sent.map(plain));
    }),
  );
});

it('brings every float back from JSON unchanged', () => {
  const bytesOf = (array: Float32Array | Float64Array) => new Uint8Array(array.buffer);
  const fp32 = fc
    .float32Array()
    .map((array) => ({ name: 'x', datatype: 'FP32' as const, shape: [array.length], data: bytesOf(array) }));
  const fp64 = fc
    .float64Array()
    .map((array) => ({ name: 'x', datatype: 'FP64' as const, shape: [array.length], data: bytesOf(array) }));
  fc.assert(
    fc.property(fc.oneof(fp32, fp64), (tensor) => {
      expect(echo([tensor], false).map(plain)).toEqual([plain(tensor)]);
    }),
    { examples: [[{ name: 'x', datatype: 'FP32', shape: [2], data: bytesOf(Float32Array.of(-0, 0.1)) }]] },
  );
});
