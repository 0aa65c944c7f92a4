import { describe, expect, it } from 'vitest';
import type { Datatype } from '../core/index.js';
import { completeSignature } from './complete.js';
import type { TensorConfig } from './model-config.js';

/** What becomes of one configured input, or output, of a model file. */
function complete(
  config: TensorConfig,
  { datatype = 'FP32', shape = [-1, 3, 224, 224], kind = 'inputs' }: Partial<Described> = {},
) {
  const spec = { name: config.name, datatype, shape, batchAxis: 0 as const, optional: false };
  const rate = { ...spec, name: 'rate', datatype: 'INT64' as const, shape: [-1, 1] };
  const described = { inputs: kind === 'inputs' ? [spec, rate] : [rate], outputs: kind === 'outputs' ? [spec] : [] };
  const declared = { maxBatchSize: 8, [kind]: [config] };
  const { signature } = completeSignature({ declared, described, labels: {}, defaultMaxBatchSize: 8 });
  return signature[kind][0];
}

interface Described {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly kind: 'inputs' | 'outputs';
}

describe('an image section', () => {
  it('is completed by the shape and the datatype of its input', () => {
    expect(complete({ name: 'x', image: { resize: 'cover' } })?.media).toEqual({
      kind: 'image',
      layout: 'NCHW',
      colors: 'RGB',
      width: 224,
      height: 224,
      resize: 'cover',
      interpolation: 'bilinear',
      cropFraction: 1,
      scale: 1 / 255,
      mean: [],
      std: [],
    });
    const open = { datatype: 'UINT8', shape: [-1, -1, 64, 1] } as const;
    const grey = complete({ name: 'x', image: { layout: 'NHWC', colors: 'GRAY', height: 32 } }, open);
    expect(grey?.media).toMatchObject({ width: 64, height: 32, scale: 1 });
    expect(complete({ name: 'x' })).not.toHaveProperty('media');
  });

  it.each<[string, TensorConfig['image'], Partial<Described>, string]>([
    ['a shape that is none', {}, { shape: [-1, 16] }, 'image: FP32[-1,16] is no picture of 3 channels in NCHW'],
    ['other channels', {}, { shape: [-1, 4, 8, 8] }, 'image: FP32[-1,4,8,8] is no picture of 3 channels in NCHW'],
    ['another layout', { layout: 'NHWC' }, {}, 'image: FP32[-1,3,224,224] is no picture of 3 channels in NHWC'],
    ['text', {}, { datatype: 'BYTES' }, 'image: BYTES[-1,3,224,224] is no picture of 3 channels in NCHW'],
    ['another size', { width: 299 }, {}, 'image.width is 299, but its shape has 224 there'],
    ['a mean too few', { mean: [0.5] }, {}, 'image.mean: expected 3 numbers, one a channel, got 1'],
  ])('is refused for %s', (_, image, described, message) => {
    expect(() => complete({ name: 'x', ...(image && { image }) }, described)).toThrow(`input 'x': ${message}`);
  });
});

describe('an audio section', () => {
  it('is completed by the shape of its input', () => {
    const section = { rateHz: 16_000, rateInput: 'rate' };
    expect(complete({ name: 'x', audio: section }, { shape: [-1, 1, 480] })?.media).toEqual({
      kind: 'audio',
      rateHz: 16_000,
      lengthSamples: 480,
      windowSamples: 0,
      hopSamples: 0,
      contextSamples: 0,
      scale: 1,
      rateInput: 'rate',
    });
    const windows = { rateHz: 16_000, windowSamples: 512, contextSamples: 64 };
    expect(complete({ name: 'x', audio: windows }, { shape: [-1, 576] })?.media).toMatchObject({
      lengthSamples: 0,
      hopSamples: 512,
    });
  });

  it.each<[string, Partial<NonNullable<TensorConfig['audio']>>, Partial<Described>, string]>([
    ['a shape of many rows', {}, { shape: [-1, 2, 100] }, 'audio: FP32[-1,2,100] is no row of samples'],
    ['text', {}, { datatype: 'BYTES', shape: [-1, -1] }, 'audio: BYTES[-1,-1] is no row of samples'],
    ['another length', { lengthSamples: 5 }, { shape: [-1, 4] }, 'audio.lengthSamples is 5, but its shape has 4 there'],
    [
      'windows of another length',
      { windowSamples: 5 },
      { shape: [-1, 4] },
      'audio: a row has 5 samples (contextSamples + windowSamples), its shape 4',
    ],
    [
      'windows and a length',
      { windowSamples: 5, lengthSamples: 5 },
      { shape: [-1, -1] },
      'audio has both windowSamples and lengthSamples',
    ],
    ['a hop without windows', { hopSamples: 5 }, { shape: [-1, -1] }, 'audio.hopSamples needs windowSamples'],
    ['context without windows', { contextSamples: 5 }, { shape: [-1, -1] }, 'audio.contextSamples needs windowSamples'],
    ['a rate for nobody', { rateInput: 'sr' }, { shape: [-1, -1] }, "audio.rateInput: there is no input 'sr'"],
    [
      'a rate for an input of many numbers',
      { rateInput: 'x' },
      { shape: [-1, -1, 7] },
      "audio.rateInput: expected an input of one number, got 'x' (FP32[-1,-1,7])",
    ],
  ])('is refused for %s', (_, audio, described, message) => {
    expect(() => complete({ name: 'x', audio: { rateHz: 16_000, ...audio } }, described)).toThrow(
      `input 'x': ${message}`,
    );
  });
});

describe('classes', () => {
  it('are declared with the output', () => {
    const output = complete({ name: 'y', softmax: true, topK: 5 }, { kind: 'outputs', shape: [-1, 10] });
    expect(output).toMatchObject({ softmax: true, topK: 5 });
  });

  it.each([
    [{ softmax: true }, "output 'y' is BYTES: it has no classes for softmax"],
    [{ topK: 1 }, "output 'y' is BYTES: it has no classes for topK"],
  ])('are refused for text: %o', (config, message) => {
    expect(() => complete({ name: 'y', ...config }, { kind: 'outputs', datatype: 'BYTES', shape: [-1, 1] })).toThrow(
      message,
    );
  });
});
