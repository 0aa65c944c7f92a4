import { describe, expect, it } from 'vitest';
import { IMAGE_SPEC } from '../../../../test/support/media-specs.js';
import { type MediaSpec, packBytes, type TensorSpec } from '../../../core/index.js';
import { decodeMediaBody, type MediaModel } from './decode-media.js';

const IMAGE: MediaSpec = IMAGE_SPEC;
const AUDIO: MediaSpec = {
  kind: 'audio',
  rateHz: 16_000,
  lengthSamples: 0,
  windowSamples: 512,
  hopSamples: 512,
  contextSamples: 64,
  scale: 1,
  rateInput: 'sr',
};
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
const WAV = Buffer.from('RIFF\0\0\0\0WAVEfmt ');

function spec(name: string, fields: Partial<TensorSpec> = {}): TensorSpec {
  return { name, datatype: 'FP32', shape: [-1, 3, 8, 8], batchAxis: 0, optional: false, ...fields };
}

function model(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[] = []): MediaModel {
  return { name: 'm', signature: { inputs, outputs } };
}

const photos = model([spec('pixels', { media: IMAGE })]);
const sounds = model([spec('input', { media: AUDIO, shape: [-1, -1] }), spec('sr', { shape: [], batchAxis: null })]);
const plain = model([spec('x')]);
const text = model([spec('text', { datatype: 'BYTES', shape: [-1, 1] })]);

function decode(body: Uint8Array, type: string | undefined, asked = photos) {
  return decodeMediaBody(
    { headers: type === undefined ? {} : { 'content-type': type }, body },
    { target: asked, info: asked },
  );
}

describe('decodeMediaBody', () => {
  it.each([
    ['image/jpeg'],
    ['Image/PNG; q=1'],
    ['application/octet-stream'],
    ['application/x-www-form-urlencoded'],
    [undefined],
  ])('takes a photo that is sent as %s', (type) => {
    expect(decode(JPEG, type)?.inputs).toEqual([
      { name: 'pixels', datatype: 'BYTES', shape: [1], data: packBytes([JPEG]) },
    ]);
  });

  it('takes a sound for a model whose other input is its rate', () => {
    expect(decode(WAV, 'audio/wav', sounds)?.inputs).toMatchObject([{ name: 'input', shape: [1] }]);
  });

  it.each([['image/jpeg'], [undefined]])('gives a model of texts the bytes as they are (%s)', (type) => {
    expect(decode(JPEG, type, text)?.inputs).toEqual([
      { name: 'text', datatype: 'BYTES', shape: [1, 1], data: packBytes([JPEG]) },
    ]);
  });

  it('asks for classes of outputs with labels or topK, and for the others as they are', () => {
    const outputs = [spec('probs', { labels: ['a', 'b'] }), spec('top', { topK: 3 }), spec('embedding')];
    const request = decode(JPEG, undefined, model([spec('pixels', { media: IMAGE })], outputs));
    expect(request?.outputs).toEqual([
      { name: 'probs', classificationCount: 2 },
      { name: 'top', classificationCount: 3 },
      { name: 'embedding', classificationCount: 0 },
    ]);
    expect(decode(JPEG, undefined)?.outputs).toBeUndefined();
  });

  it.each([
    ['JSON', Buffer.from('{"inputs":[]}'), 'image/jpeg', photos],
    ['JSON with white space before it', Buffer.from('\n [1]'), undefined, photos],
    ['nothing', Buffer.alloc(0), undefined, photos],
    ['a type of its own', JPEG, 'application/json', photos],
    ['a raw tensor of a model that takes numbers', JPEG, 'application/octet-stream', plain],
    ['text for a model of texts', Buffer.from('hello'), 'application/octet-stream', text],
  ])('leaves %s to the dialect', (_, body, type, asked) => {
    expect(decode(body, type, asked)).toBeUndefined();
  });

  it.each([
    [
      'an SVG by its type',
      Buffer.from('<svg xmlns'),
      'image/svg+xml',
      photos,
      "request: expected a JPEG, PNG, WebP or GIF, got image/svg+xml that begins with '<svg xml'",
    ],
    [
      'a PDF for a model of photos',
      Buffer.from('%PDF-1.7\n'),
      undefined,
      photos,
      "request: expected a JPEG, PNG, WebP or GIF, got a body that begins with '%PDF-1.7'",
    ],
    [
      'a zip disguised as a photo',
      Buffer.from('PK\x03\x04aaaa'),
      'image/jpeg',
      photos,
      'request: expected a JPEG, PNG, WebP or GIF, got image/jpeg that begins with bytes 504b030461616161',
    ],
    [
      'an empty photo',
      Buffer.alloc(0),
      'image/png',
      photos,
      'request: expected a JPEG, PNG, WebP or GIF, got image/png that is empty',
    ],
    [
      'a sound for a model of photos',
      WAV,
      'audio/wav',
      photos,
      "request: model 'm' takes no sounds: none of its inputs has a section 'audio' in its model.yaml",
    ],
    [
      'a photo for a model that takes numbers',
      JPEG,
      'image/jpeg',
      plain,
      "request: model 'm' takes no pictures: none of its inputs has a section 'image' in its model.yaml",
    ],
    [
      'a photo where two inputs take one',
      JPEG,
      'image/jpeg',
      model([spec('a', { media: IMAGE }), spec('b', { media: IMAGE, optional: true })]),
      "request: several inputs of model 'm' take pictures ('a', 'b'): send them by name, as BYTES",
    ],
    [
      'a photo for a model that needs more',
      JPEG,
      'image/jpeg',
      model([spec('pixels', { media: IMAGE }), spec('threshold')]),
      "request: model 'm' also needs input 'threshold': send both by name, 'pixels' as BYTES",
    ],
  ])('refuses %s', (_, body, type, asked, message) => {
    expect(() => decode(body, type, asked)).toThrow(message);
  });
});
