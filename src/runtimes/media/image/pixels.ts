import { ELEMENT_SIZE_BYTES, type ImageSpec, type NumericArray, typedView } from '../../../core/index.js';
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
  const sources = sourcesOf(pixels, spec);
  const planar = spec.layout === 'NCHW';
  const out = typedView(datatype, new Uint8Array(count * sources.length * ELEMENT_SIZE_BYTES[datatype]));
  for (const [channel, source] of sources.entries()) {
    const target = { out, first: planar ? channel * count : channel, step: planar ? 1 : sources.length };
    spread(source, tableOf(spec, channel, datatype), target);
  }
  return out;
}

/** Where each channel of the input comes from. */
function sourcesOf({ width, height, rgb }: Pixels, { colors }: ImageSpec): readonly Source[] {
  if (colors === 'GRAY') return [{ source: greyOf(rgb, width * height), first: 0, sourceStep: 1 }];
  return ORDER[colors].map((first) => ({ source: rgb, first, sourceStep: 3 }));
}

/** What each of the 256 values of a channel becomes. */
function tableOf({ scale, mean, std }: ImageSpec, channel: number, datatype: NumericDatatype): NumericArray {
  const [shift, divisor] = [mean[channel] ?? 0, std[channel] ?? 1];
  return toElements(
    datatype,
    Float64Array.from({ length: 256 }, (_, value) => (value * scale - shift) / divisor),
  );
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
