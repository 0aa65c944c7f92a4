import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import {
  DATATYPES,
  type Datatype,
  ELEMENT_SIZE_BYTES,
  elementCount,
  fromBfloat16Bits,
  fromHalfBits,
  type InferResponse,
  packBytes,
  type Tensor,
  Turns,
} from '../../core/index.js';
import { LARGE_BYTES, type WireResponse } from '../wire.js';
import { decodeInfer } from './decode-infer.js';
import { createInferEncoder } from './encode-infer.js';

const REF = { name: 'm', version: 3, generation: 1 };
const NONE = new Set<string>();
const encode = createInferEncoder();

/** Counts the turns of the event loop that somebody waited for. */
class CountingClock extends FakeClock {
  turns = 0;

  override defer(callback: () => void): void {
    this.turns++;
    queueMicrotask(callback);
  }
}

const HALVES: Partial<Record<Datatype, (bits: number) => number>> = { FP16: fromHalfBits, BF16: fromBfloat16Bits };

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
  const half = HALVES[datatype];
  if (half !== undefined) {
    const bits = fc.integer({ min: 0, max: 0xffff }).filter((value) => !Number.isNaN(half(value)));
    return fc.array(bits, size).map((values) => new Uint8Array(Uint16Array.from(values).buffer));
  }
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
  return decodeInfer(wire, options).request.inputs;
}

function answer(outputs: readonly Tensor[]): InferResponse {
  return { ref: REF, id: 'id', outputs, parameters: {} };
}

function plain(list: readonly Tensor[]): readonly Tensor[] {
  return list.map((tensor) => ({ ...tensor, data: new Uint8Array(tensor.data) }));
}

describe('a tensor', () => {
  it('survives being written and read as JSON', async () => {
    await fc.assert(
      fc.asyncProperty(tensors(DATATYPES), async (outputs) => {
        expect(plain(reread(await encode(answer(outputs), NONE)))).toEqual(plain(outputs));
      }),
      { numRuns: 300 },
    );
  });

  it('survives being written and read as binary data', async () => {
    await fc.assert(
      fc.asyncProperty(tensors(DATATYPES), async (outputs) => {
        expect(plain(reread(await encode(answer(outputs), 'all')))).toEqual(plain(outputs));
      }),
      { numRuns: 300 },
    );
  });

  it('survives a mixture of both', async () => {
    await fc.assert(
      fc.asyncProperty(tensors(DATATYPES), fc.func(fc.boolean()), async (outputs, isBinary) => {
        const names = outputs.map(({ name }) => name).filter((name) => isBinary(name));
        expect(plain(reread(await encode(answer(outputs), new Set(names))))).toEqual(plain(outputs));
      }),
    );
  });

  it.each(DATATYPES)('of much %s is written in slices, one in each turn of the event loop', async (datatype) => {
    const [sample] = fc.sample(rawData(datatype, 64), { numRuns: 1, seed: 7 });
    const repeats = Math.ceil(LARGE_BYTES / (sample as Uint8Array).length) + 1;
    const data = Buffer.concat(new Array(repeats).fill(sample));
    const clock = new CountingClock();
    const written = await createInferEncoder(new Turns(clock))(
      answer([{ name: 'big', datatype, shape: [64 * repeats], data }]),
      NONE,
    );
    // `toEqual` takes seconds for so much.
    expect(reread(written).map((tensor) => Buffer.compare(tensor.data, data))).toEqual([0]);
    const mostBytes = Math.max(...(written.body as readonly Uint8Array[]).map(({ length }) => length));
    expect(mostBytes).toBeLessThan(2 ** 20);
    expect(clock.turns).toBe((written.body as readonly Uint8Array[]).length - 2);
  });

  it('is written in slices although it is one long string', async () => {
    const text = 'é"'.repeat(300_000);
    const data = packBytes([Buffer.from(text), Buffer.from('short')]);
    const clock = new CountingClock();
    const output: Tensor = { name: 's', datatype: 'BYTES', shape: [2], data };
    const written = await createInferEncoder(new Turns(clock))(answer([output]), NONE);
    expect(reread(written).map((tensor) => Buffer.compare(tensor.data, data))).toEqual([0]);
    expect(clock.turns).toBe(4);
  });
});
