import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import { invalidArgument } from '../../core/index.js';

/** Pixels row by row, three values of 0 … 255 each: red, green, blue. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
}

/** Whether the bytes begin like a picture that {@link decodePicture} reads. */
export function isPicture(bytes: Uint8Array): boolean {
  return isJpeg(bytes) || isPng(bytes);
}

/** Reads a JPEG or PNG; transparent pixels are put on white. Throws `invalid_argument` that names `file`. */
export function decodePicture(bytes: Uint8Array, file: string): Picture {
  if (!isPicture(bytes)) throw invalidArgument(`${file} is neither a JPEG nor a PNG`);
  try {
    return onWhite(isJpeg(bytes) ? jpeg.decode(bytes, { useTArray: true }) : PNG.sync.read(Buffer.from(bytes)));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalidArgument(`${file} is a broken picture: ${reason}`, { cause });
  }
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

function isPng(bytes: Uint8Array): boolean {
  return bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47;
}

function onWhite({ width, height, data }: { width: number; height: number; data: Uint8Array }): Picture {
  const rgb = new Float32Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = (data[pixel * 4 + 3] as number) / 255;
    for (let channel = 0; channel < 3; channel++) {
      rgb[pixel * 3 + channel] = (data[pixel * 4 + channel] as number) * alpha + 255 * (1 - alpha);
    }
  }
  return { width, height, rgb };
}
