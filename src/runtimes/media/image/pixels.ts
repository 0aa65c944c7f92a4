import type { ImageSpec, NumericArray } from '../../../core/index.js';
import type { NumericDatatype } from '../decoded.js';
import { toElements } from '../elements.js';

/** Channel values of 0 to 255, three a pixel: red, green, blue. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Place of each channel in a pixel. */
const ORDER = { RGB: [0, 1, 2], BGR: [2, 1, 0] } as const;

/** `(channel * scale - mean[c]) / std[c]` of each channel of each pixel, in the order that the layout says. */
export function toTensorElements(pixels: Pixels, spec: ImageSpec, datatype: NumericDatatype): NumericArray {
  const count = pixels.width * pixels.height;
  if (spec.colors === 'GRAY') {
    const out = emptyLike(tableOf(spec, 0, datatype), count);
    spread({ source: greyOf(pixels.rgb, count), first: 0, sourceStep: 1 }, tableOf(spec, 0, datatype), {
      out,
      first: 0,
      step: 1,
    });
    return out;
  }
  const planar = spec.layout === 'NCHW';
  const out = emptyLike(tableOf(spec, 0, datatype), count * 3);
  for (const [channel, first] of ORDER[spec.colors].entries()) {
    const target = { out, first: planar ? channel * count : channel, step: planar ? 1 : 3 };
    spread({ source: pixels.rgb, first, sourceStep: 3 }, tableOf(spec, channel, datatype), target);
  }
  return out;
}

/** What each of the 256 values of a channel becomes. */
function tableOf({ scale, mean, std }: ImageSpec, channel: number, datatype: NumericDatatype): NumericArray {
  const [shift, divisor] = [mean[channel] ?? 0, std[channel] ?? 1];
  return toElements(
    datatype,
    Float64Array.from({ length: 256 }, (_, value) => (value * scale - shift) / divisor),
  );
}

function emptyLike(table: NumericArray, length: number): NumericArray {
  return new (table.constructor as new (size: number) => NumericArray)(length);
}

interface Source {
  readonly source: Uint8Array;
  readonly first: number;
  readonly sourceStep: number;
}

interface Target {
  readonly out: NumericArray;
  readonly first: number;
  readonly step: number;
}

function spread({ source, first, sourceStep }: Source, table: NumericArray, { out, first: at, step }: Target): void {
  let target = at;
  for (let index = first; index < source.length; index += sourceStep) {
    out[target] = table[source[index] as number] as number;
    target += step;
  }
}

/** Grey as ITU-R 601 has it, rounded as PIL does. */
function greyOf(rgb: Uint8Array, count: number): Uint8Array {
  const grey = new Uint8Array(count);
  for (let pixel = 0; pixel < count; pixel++) {
    const at = pixel * 3;
    const weighted = (rgb[at] as number) * 19_595 + (rgb[at + 1] as number) * 38_470 + (rgb[at + 2] as number) * 7_471;
    grey[pixel] = (weighted + 0x8000) >> 16;
  }
  return grey;
}
