import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ParameterValue, packBytes } from '../../src/core/index.js';
import { type Instance, MEDIA_RUNTIME } from '../../src/runtimes/index.js';
import { IMAGE_SPEC } from '../support/media-specs.js';
import { batchItem } from '../support/tensors.js';
import { createTestHost, IN_PROCESS, INLINE, loadSpec, runBatch, type TestHost } from '../support/test-host.js';

const IMAGE: ParameterValue = { ...IMAGE_SPEC };
const AUDIO: ParameterValue = {
  kind: 'audio',
  rateHz: 16_000,
  lengthSamples: 0,
  windowSamples: 1_000,
  hopSamples: 1_000,
  contextSamples: 0,
  scale: 1,
};

let hosted: TestHost;
beforeEach(() => {
  hosted = createTestHost({ runtimes: [MEDIA_RUNTIME] });
});
afterEach(() => hosted.host.close());

const load = (options: object, placement = IN_PROCESS) =>
  hosted.load(loadSpec({ runtime: MEDIA_RUNTIME.name, options: { ...options } }), placement);

async function decode(instance: Instance, bytes: Uint8Array, media: ParameterValue, datatype = 'FP32') {
  const content = { name: 'content', datatype: 'BYTES', shape: [1], data: packBytes([bytes]) } as const;
  const item = { ...batchItem(1, [content]), parameters: { media, datatype } };
  return (await runBatch(instance, [item])).emissions[0];
}

const fixture = (file: string) => readFile(`test/fixtures/media/${file}`);

it('decodes pictures in a runner, of the type that is asked for', async () => {
  const instance = await load({ kind: 'image' });
  expect(await decode(instance, await fixture('picture.png'), IMAGE, 'FP16')).toMatchObject({
    callId: 1,
    outputs: [{ name: 'rows', datatype: 'FP16', shape: [1, 3, 8, 8] }],
    final: true,
  });
  expect(instance.description).toMatchObject({ concurrency: 1, pure: true, maxBatchSize: 0 });
});

it('decodes sounds in a runner, as many rows as they have windows', async () => {
  const instance = await load({ kind: 'audio' });
  const answer = await decode(instance, await fixture('tone.flac'), AUDIO);
  expect(answer?.outputs).toMatchObject([{ name: 'rows', datatype: 'FP32', shape: [8, 1_000] }]);
});

it('answers what it cannot decode with what is wrong with it, and goes on', async () => {
  const instance = await load({ kind: 'image', maxPixels: 100 });
  const refused = async (bytes: Uint8Array, media: ParameterValue, datatype?: string) =>
    (await decode(instance, bytes, media, datatype))?.error;
  expect(await refused(Buffer.from('II*\0'), IMAGE)).toEqual({
    code: 'invalid_argument',
    message: 'the picture: expected a JPEG, PNG, WebP or GIF, got something else',
  });
  expect(await refused(await fixture('picture.jpg'), IMAGE)).toEqual({
    code: 'invalid_argument',
    message: 'the picture has 64 x 48 pixels; at most 100 are decoded (media.maxPixels)',
  });
  expect(await refused(await fixture('tone.wav'), AUDIO)).toEqual({
    code: 'invalid_argument',
    message: "parameter 'media': expected what becomes of image, got audio",
    subject: { parameter: 'media' },
  });
  expect(await refused(await fixture('picture.jpg'), IMAGE, 'BOOL')).toMatchObject({ code: 'invalid_argument' });
});

it('runs in a process only, and takes no options but its own', async () => {
  await expect(load({ kind: 'image' }, INLINE)).rejects.toThrow(
    "strangers' bytes are decoded in a runner process only",
  );
  await expect(load({ kind: 'film' })).rejects.toThrow('media.kind: expected one of image, audio, got "film"');
});
