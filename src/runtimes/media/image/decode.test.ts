import { readFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { IMAGE_SPEC } from '../../../../test/support/media-specs.js';
import type { ImageSpec } from '../../../core/index.js';
import { createImageDecoder, type DecodeImage } from './decode.js';

const SPEC: ImageSpec = { ...IMAGE_SPEC, layout: 'NHWC', width: 0, height: 0 };

let decode: DecodeImage;
beforeAll(async () => {
  decode = await createImageDecoder(2_000_000);
});

const fixture = (file: string) => readFile(`test/fixtures/media/${file}`);

/** Pixels of a picture at the places that are asked for, in UINT8. */
async function picture(file: string, spec: Partial<ImageSpec> = {}) {
  const { shape, data } = await decode(await fixture(file), { ...SPEC, ...spec }, 'UINT8');
  const [, height = 0, width = 0] = shape;
  const at = (x: number, y: number) => Array.from(data.slice((y * width + x) * 3, (y * width + x) * 3 + 3), Number);
  return { shape, width, height, at };
}

/** The strongest of its channels. */
const hue = (pixel: readonly number[]) => ['red', 'green', 'blue'][pixel.indexOf(Math.max(...pixel))];

describe('pictures', () => {
  it.each([
    ['picture.jpg'],
    ['picture.png'],
    ['picture.webp'],
    ['animated.gif'],
    ['animated.webp'],
    ['turned.jpg'],
    ['cmyk.jpg'],
  ])('are decoded as one sees them: %s', async (file) => {
    const { shape, at } = await picture(file);
    expect(shape).toEqual([1, 48, 64, 3]);
    expect([at(32, 4), at(10, 30), at(54, 30)].map(hue)).toEqual(['green', 'red', 'blue']);
  });

  it('have three channels also where they are grey', async () => {
    const [red, green, blue] = (await picture('grey.jpg')).at(32, 4);
    expect([green, blue]).toEqual([red, red]);
  });

  it('are put on white where they are transparent', async () => {
    expect((await picture('transparent.png')).at(32, 4)).toEqual([255, 255, 255]);
  });

  it('are resized as the input says', async () => {
    const sizes = { width: 16, height: 16 };
    const stretched = await picture('picture.png', sizes);
    expect([stretched.shape, hue(stretched.at(8, 1))]).toEqual([[1, 16, 16, 3], 'green']);
    const contained = await picture('picture.png', { ...sizes, resize: 'contain' });
    expect([contained.at(8, 0), hue(contained.at(8, 3))]).toEqual([[0, 0, 0], 'green']);
    const covered = await picture('picture.png', { ...sizes, resize: 'cover' });
    expect([covered.at(0, 15), covered.at(15, 15)].map(hue)).toEqual(['red', 'blue']);
    const cropped = await picture('picture.png', { ...sizes, cropFraction: 0.4 });
    // The green part is cut off.
    expect(cropped.shape).toEqual([1, 16, 16, 3]);
    expect([cropped.at(0, 0), cropped.at(15, 0)].map(hue)).toEqual(['red', 'blue']);
  });

  it('are laid out and scaled as the input says', async () => {
    const spec: ImageSpec = { ...SPEC, layout: 'NCHW', colors: 'BGR', width: 2, height: 2, scale: 1 / 255 };
    const png = await fixture('picture.png');
    const { shape, data } = await decode(png, { ...spec, mean: [0.5, 0, 0], std: [0.5, 1, 1] }, 'FP32');
    expect(shape).toEqual([1, 3, 2, 2]);
    const [blue, green, red] = [0, 1, 2].map((channel) => Array.from(data.slice(channel * 4, channel * 4 + 4), Number));
    // The lower row is red on the left and blue on the right.
    expect(red?.[2]).toBeGreaterThan(0.7);
    expect(blue?.[3]).toBeGreaterThan(0.7);
    expect(blue?.[2]).toBeLessThan(-0.7);
    // Resizing rounds by one step of 255, more or less, on other processors.
    expect(green?.[3]).toBeLessThan(1.5 / 255);
  });

  it('are grey as PIL has it', async () => {
    const { shape, data } = await decode(await fixture('picture.png'), { ...SPEC, colors: 'GRAY' }, 'UINT8');
    expect(shape).toEqual([1, 48, 64, 1]);
    expect([data[0], data[63 * 48 + 0], data[47 * 64 + 63]]).toEqual([150, 76, 29]);
  });
});

/** The head of a PNG of that size, and nothing in it. */
function emptyPng(width: number, height: number): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const chunks = [chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.alloc(16))), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

describe('what is refused', () => {
  it.each([
    [
      'a picture that is too large',
      emptyPng(50_000, 50_000),
      /^the picture has 50000 x 50000 pixels; at most 2000000 are decoded \(media\.maxPixels\)$/,
    ],
    ['a PNG without pixels', emptyPng(8, 8), /^the picture is a broken PNG: /],
    ['the head of a JPEG', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), /^the picture is a broken JPEG: /],
    ['a GIF of nothing', Buffer.from('GIF89a'), /^the picture is a broken GIF: /],
    ['a WebP of nothing', Buffer.from('RIFF\x04\0\0\0WEBP'), /^the picture is a broken WebP: /],
    ['a sound', Buffer.from('OggS'), /^the picture: expected a JPEG, PNG, WebP or GIF, got something else$/],
    [
      'an SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'),
      /^the picture: expected a JPEG, PNG, WebP or GIF, got something else$/,
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(decode(bytes, SPEC, 'UINT8')).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(message),
    });
  });

  it('a photo whose end is missing', async () => {
    const photo = await readFile('examples/photos/meal_2.jpg');
    await expect(decode(photo.subarray(0, 100_000), { ...SPEC, width: 8, height: 8 }, 'UINT8')).rejects.toThrow(
      'the picture is a broken JPEG: ',
    );
  });

  it('every other format, by the library itself', async () => {
    const { default: sharp } = await import('sharp');
    for (const file of ['picture.tiff', 'picture.bmp']) {
      await expect(sharp(await fixture(file)).metadata()).rejects.toThrow(
        'Input buffer contains unsupported image format',
      );
    }
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>');
    await expect(sharp(svg).metadata()).rejects.toThrow('unsupported image format');
  });
});
