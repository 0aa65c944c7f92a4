import { describe, expect, it } from 'vitest';
import { call, request } from '../../../test/support/engine-fixture.js';
import { IMAGE_SPEC } from '../../../test/support/media-specs.js';
import {
  type AudioSpec,
  bytesElements,
  bytesOf,
  type Call,
  type ImageSpec,
  MillraceError,
  packBytes,
  type Tensor,
  type TensorSpec,
} from '../../core/index.js';
import type { ModelInfo } from '../../engine/index.js';
import { decodeInputs, hasMedia } from './decode-inputs.js';
import type { Encoded } from './decoders.js';

const IMAGE: ImageSpec = { ...IMAGE_SPEC, layout: 'NHWC', colors: 'GRAY', width: 1, height: 1 };
const AUDIO: AudioSpec = {
  kind: 'audio',
  rateHz: 8_000,
  lengthSamples: 2,
  windowSamples: 0,
  hopSamples: 0,
  contextSamples: 0,
  scale: 1,
  rateInput: 'rate',
};

function spec(name: string, fields: Partial<TensorSpec> = {}): TensorSpec {
  return { name, datatype: 'UINT8', shape: [-1, 1, 1, 1], batchAxis: 0, optional: false, ...fields };
}

function encoded(name: string, ...elements: readonly string[]): Tensor {
  const data = packBytes(elements.map((text) => Buffer.from(text)));
  return { name, datatype: 'BYTES', shape: [elements.length], data };
}

/** A decoder whose pictures are the first byte of what is encoded; `!` cannot be decoded. */
const decoders = {
  async decode(_call: Call, { element, spec: media, datatype, modelName }: Encoded): Promise<Tensor> {
    expect(modelName).toBe('m');
    const [bytes = new Uint8Array(0)] = bytesElements(element);
    if (bytes[0] === 33) throw new MillraceError('unavailable', 'it is gone', { retryAfterMs: 7 });
    const shape = media.kind === 'image' ? [1, bytes.length, 1, 1] : [1, bytes.length];
    return { name: 'rows', datatype, shape, data: new Uint8Array(bytes) };
  },
};

function decode(inputs: readonly TensorSpec[], tensors: readonly Tensor[], maxBatchSize = 4) {
  const info = {
    ref: { name: 'm', version: 1, generation: 1 },
    signature: { inputs, outputs: [] },
    maxBatchSize,
  } as Pick<ModelInfo, 'ref' | 'signature' | 'maxBatchSize'> as ModelInfo;
  const asked = request(1, { inputs: tensors });
  return { decoded: decodeInputs(decoders, { call: call(), request: asked, info }), has: hasMedia(asked, info) };
}

describe('decodeInputs', () => {
  const pixels = spec('pixels', { media: IMAGE });

  it('makes a row of each element, and leaves other inputs alone', async () => {
    const other = { name: 'other', datatype: 'UINT8', shape: [2], data: Uint8Array.of(1, 2) } as const;
    const { decoded, has } = decode([pixels, spec('other')], [encoded('pixels', 'a', 'b'), other]);
    expect(has).toBe(true);
    expect(await decoded).toEqual({
      request: expect.objectContaining({
        inputs: [{ name: 'pixels', datatype: 'UINT8', shape: [2, 1, 1, 1], data: Buffer.from('ab') }, other],
      }),
      windows: undefined,
    });
  });

  it('has nothing to do with numbers, or with texts for a model of texts', () => {
    const numbers = { name: 'pixels', datatype: 'UINT8', shape: [1, 1, 1, 1], data: Uint8Array.of(1) } as const;
    expect(decode([pixels], [numbers]).has).toBe(false);
    expect(decode([spec('text', { datatype: 'BYTES' })], [encoded('text', 'a')]).has).toBe(false);
  });

  it('gives the sampling rate to models that take it, unless the caller does', async () => {
    const inputs = [
      spec('sound', { shape: [-1, 2], media: AUDIO }),
      spec('rate', { datatype: 'INT64', shape: [-1, 1] }),
    ];
    const sound = encoded('sound', 'ab', 'cd');
    const { request } = await decode(inputs, [sound]).decoded;
    expect(request.inputs[0]).toMatchObject({ shape: [2, 2] });
    const rates = bytesOf(BigInt64Array.of(8_000n, 8_000n));
    expect(request.inputs[1]).toEqual({ name: 'rate', datatype: 'INT64', shape: [2, 1], data: rates });
    const own = { name: 'rate', datatype: 'INT64', shape: [2, 1], data: new Uint8Array(16) } as const;
    expect((await decode(inputs, [sound, own]).decoded).request.inputs[1]).toBe(own);
  });

  it('fits models without rows', async () => {
    const flat = spec('pixels', { shape: [1, 1, 1], batchAxis: null, media: IMAGE });
    expect((await decode([flat], [encoded('pixels', 'a')], 0).decoded).request.inputs).toMatchObject([
      { shape: [1, 1, 1] },
    ]);
    const one = spec('pixels', { shape: [1, 1, 1, 1], batchAxis: null, media: IMAGE });
    expect((await decode([one], [encoded('pixels', 'a')], 0).decoded).request.inputs).toMatchObject([
      { shape: [1, 1, 1, 1] },
    ]);
  });

  it.each<[string, Tensor, number, string]>([
    ['none', encoded('pixels'), 4, "input 'pixels': a request needs at least 1 row, got 0"],
    [
      'too many',
      encoded('pixels', 'a', 'b'),
      1,
      "input 'pixels' has 2 elements; model 'm/1' takes at most 1 a request",
    ],
    [
      'fewer than the shape says',
      { ...encoded('pixels', 'a'), shape: [2] },
      4,
      "input 'pixels': BYTES[2] needs 2 elements, got 1",
    ],
    [
      'several sizes',
      encoded('pixels', 'a', 'bc'),
      4,
      "input 'pixels': pictures or sounds of one request must have one size, got several",
    ],
  ])('refuses %s', async (_, tensor, maxBatchSize, message) => {
    const { decoded } = decode([pixels], [tensor], maxBatchSize);
    await expect(decoded).rejects.toMatchObject({ code: 'invalid_argument', message });
  });

  it('names the element that killed its decoder, and keeps the time to retry', async () => {
    const error = { code: 'unavailable', message: "input 'pixels'[1]: it is gone", retryAfterMs: 7 };
    await expect(decode([pixels], [encoded('pixels', 'a', '!')]).decoded).rejects.toMatchObject(error);
  });
});
