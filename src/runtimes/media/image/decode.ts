import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { type ImageSpec, invalidArgument, MEDIA_FORMATS, mediaFormatOf, mediaKindOf } from '../../../core/index.js';
import { importOptional } from '../../import-optional.js';
import { broken } from '../broken.js';
import type { DecodedRows, NumericDatatype } from '../decoded.js';
import { type Pixels, toTensorElements } from './pixels.js';

type SharpModule = typeof import('sharp').default;

/** What libvips may open: it knows many more formats, some of which run programs or read files. */
const LOADERS = ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif'];
const WHITE = { r: 255, g: 255, b: 255 };
const BLACK = { r: 0, g: 0, b: 0 };

/** Turns encoded pictures into one row of an input. */
export type DecodeImage = (bytes: Uint8Array, spec: ImageSpec, datatype: NumericDatatype) => Promise<DecodedRows>;

/** A decoder of pictures of at most so many pixels. Rejects with `failed_precondition` where sharp is not installed. */
export async function createImageDecoder(maxPixels: number): Promise<DecodeImage> {
  const { default: sharp } = await importOptional('pictures', 'sharp', () => import('sharp'));
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS });
  return async (bytes, spec, datatype) => {
    const format = mediaFormatOf(bytes);
    if (format === undefined || mediaKindOf(format) !== 'image') {
      throw invalidArgument(`the picture: expected ${MEDIA_FORMATS.image}, got something else`);
    }
    try {
      const pixels = await decode(sharp, bytes, { spec, maxPixels });
      const { width, height } = pixels;
      const channels = spec.colors === 'GRAY' ? 1 : 3;
      const shape = spec.layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
      return { shape, data: toTensorElements(pixels, spec, datatype) };
    } catch (cause) {
      throw broken(`the picture is a broken ${format}`, cause);
    }
  };
}

interface Wanted {
  readonly spec: ImageSpec;
  readonly maxPixels: number;
}

async function decode(sharp: SharpModule, bytes: Uint8Array, { spec, maxPixels }: Wanted): Promise<Pixels> {
  const options: SharpOptions = { limitInputPixels: false, sequentialRead: true, failOn: 'truncated' };
  const metadata = await sharp(bytes, options).metadata();
  checkSize(metadata, maxPixels);
  const { width, height } = metadata.autoOrient;
  const size = { width: spec.width || width, height: spec.height || height };
  const upright = sharp(bytes, options).autoOrient().toColourspace('srgb').flatten({ background: WHITE });
  const fitted = resizeTo(upright, spec, size).removeAlpha();
  const { data, info } = await fitted.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data };
}

function resizeTo(
  picture: Sharp,
  { resize, interpolation, cropFraction }: ImageSpec,
  size: { width: number; height: number },
): Sharp {
  const whole = {
    width: Math.max(size.width, Math.round(size.width / cropFraction)),
    height: Math.max(size.height, Math.round(size.height / cropFraction)),
  };
  const resized = picture.resize({
    ...whole,
    fit: resize === 'stretch' ? 'fill' : resize,
    kernel: interpolation === 'bilinear' ? 'linear' : 'cubic',
    // Leaves JPEGs twice as large as it might before the rest is done well.
    fastShrinkOnLoad: false,
    background: BLACK,
  });
  if (whole.width === size.width && whole.height === size.height) return resized;
  const left = Math.floor((whole.width - size.width) / 2);
  const top = Math.floor((whole.height - size.height) / 2);
  return resized.extract({ left, top, ...size });
}

/** By its head alone: nothing is decoded yet. */
function checkSize({ width, height }: Metadata, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw invalidArgument(
    `the picture has ${width} x ${height} pixels; at most ${maxPixels} are decoded (media.maxPixels)`,
  );
}
