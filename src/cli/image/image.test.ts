import { readFile } from 'node:fs/promises';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { decodePicture, type Picture } from './decode.js';
import { resize } from './resize.js';
import { pictureToTensor } from './to-tensor.js';

/** A picture from rows of grey values or RGB triples. */
function picture(rows: readonly (readonly (number | readonly number[])[])[]): Picture {
  const pixels = rows.flat().map((pixel) => (typeof pixel === 'number' ? [pixel, pixel, pixel] : pixel));
  return { width: rows[0]?.length ?? 0, height: rows.length, rgb: Float32Array.from(pixels.flat()) };
}

const reds = ({ width, height, rgb }: Picture) =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (__, x) => rgb[(y * width + x) * 3]));
const whole = ({ width, height }: Picture) => ({ left: 0, top: 0, width, height });
const rounded = (values: ArrayLike<number>) => Array.from(values, (value) => Number(value.toFixed(4)));

describe('decodePicture', () => {
  it('puts transparent pixels on white', () => {
    const png = new PNG({ width: 2, height: 1 });
    png.data.set([10, 20, 30, 255, 0, 0, 0, 0]);
    const { width, height, rgb } = decodePicture(PNG.sync.write(png), 'a.png');
    expect({ width, height, rgb: Array.from(rgb) }).toEqual({ width: 2, height: 1, rgb: [10, 20, 30, 255, 255, 255] });
  });

  it('reads a JPEG', () => {
    const grey = jpeg.encode({ width: 8, height: 8, data: new Uint8Array(256).fill(128) }, 100);
    const { width, rgb } = decodePicture(grey.data, 'a.jpg');
    expect(width).toBe(8);
    expect(Math.abs((rgb[0] as number) - 128)).toBeLessThanOrEqual(1);
  });

  it.each([
    ['something else', Buffer.from('GIF89a'), 'a is neither a JPEG nor a PNG'],
    ['a broken PNG', Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2]), 'a is a broken picture: '],
    ['a broken JPEG', Buffer.from([0xff, 0xd8, 0xff, 0]), 'a is a broken picture: '],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodePicture(bytes, 'a')).toThrow(message);
  });
});

describe('resize', () => {
  it('keeps a picture of the same size', () => {
    const original = picture([
      [0, 100],
      [200, 50],
    ]);
    expect(reds(resize(original, whole(original), original))).toEqual([
      [0, 100],
      [200, 50],
    ]);
  });

  it('takes every pixel into account when it shrinks', () => {
    const stripes = picture([[0, 255, 0, 255, 0, 255, 0, 255]]);
    const [row] = reds(resize(stripes, whole(stripes), { width: 2, height: 1 }));
    // Plain bilinear interpolation would hit four of the eight stripes only.
    expect(row?.map((value) => Math.round(value as number))).toEqual([118, 137]);
  });

  it('interpolates when it grows', () => {
    const two = picture([[0, 100]]);
    expect(reds(resize(two, whole(two), { width: 4, height: 1 }))).toEqual([[0, 25, 75, 100]]);
  });
});

describe('pictureToTensor', () => {
  const rgb = picture([[[255, 0, 51]], [[0, 255, 102]]]);
  const target = { name: 'pixels', datatype: 'FP32', shape: [-1, 3, 2, 1] } as const;

  it('lays channels out one after the other', () => {
    const { shape, data } = pictureToTensor(rgb, target, {});
    expect(shape).toEqual([1, 3, 2, 1]);
    expect(rounded(data)).toEqual([1, 0, 0, 1, 0.2, 0.4]);
  });

  it('lays pixels out one after the other, blue first', () => {
    const { shape, data } = pictureToTensor(rgb, { ...target, shape: [-1, -1, 3] }, { layout: 'NHWC', colors: 'BGR' });
    expect(shape).toEqual([2, 1, 3]);
    expect(rounded(data)).toEqual([0.2, 0, 1, 0.4, 1, 0]);
  });

  it('takes mean and deviation by channel', () => {
    const { data } = pictureToTensor(rgb, target, { mean: [0.5, 0, 0], std: [0.5, 1, 2] });
    expect(rounded(data)).toEqual([1, -1, 0, 1, 0.1, 0.2]);
  });

  it('makes grey as television does', () => {
    const { data } = pictureToTensor(rgb, { ...target, shape: [1, 1, 2, 1] }, { colors: 'GRAY', scale: 1 });
    expect(rounded(data)).toEqual([82.059, 161.313]);
  });

  it('leaves the values of UINT8 inputs alone', () => {
    const { data } = pictureToTensor(rgb, { ...target, datatype: 'UINT8' }, { mean: [0.5], scale: 2 });
    expect(data).toEqual(Uint8Array.of(255, 0, 0, 255, 51, 102));
  });

  it('cuts off what hangs over, or fills up with black', () => {
    const wide = picture([[0, 90, 90, 0]]);
    const square = { ...target, shape: [1, 1, 2, 2] };
    const grey = { colors: 'GRAY', scale: 1 } as const;
    expect(rounded(pictureToTensor(wide, square, { ...grey, resize: 'cover' }).data)).toEqual([90, 90, 90, 90]);
    expect(rounded(pictureToTensor(wide, square, { ...grey, resize: 'contain' }).data).slice(2)).toEqual([0, 0]);
  });

  it('keeps the size of the picture where the model leaves it open', () => {
    expect(pictureToTensor(rgb, { ...target, shape: [-1, 3, -1, -1] }, {}).shape).toEqual([1, 3, 2, 1]);
  });

  it.each([
    [[-1, 16], 'NCHW'],
    [[-1, 4, 2, 2], 'NCHW'],
    [[-1, 3, 2, 2], 'NHWC'],
  ] as const)('refuses an input of shape [%s] in %s', (shape, layout) => {
    expect(() => pictureToTensor(rgb, { ...target, shape }, { layout })).toThrow(
      `input 'pixels' takes [${shape.join(',')}], which is no picture of 3 channels in ${layout}; ` +
        "say how in the input's image section of model.yaml",
    );
  });

  it('prepares a sample photo as the classifier was trained', async () => {
    const photo = decodePicture(await readFile('examples/photos/meal_1.jpg'), 'meal_1.jpg');
    const { shape, data } = pictureToTensor(photo, { ...target, shape: [-1, 3, 224, 224] }, {});
    expect(shape).toEqual([1, 3, 224, 224]);
    const mean = Array.from(data).reduce((sum, value) => sum + value, 0) / data.length;
    const sourceMean = photo.rgb.reduce((sum, value) => sum + value, 0) / photo.rgb.length / 255;
    expect(mean).toBeCloseTo(sourceMean, 2);
  });
});
