import type { Picture } from './decode.js';

/** A part of a picture, in pixels; may begin and end inside of them. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What one output pixel is made of along one axis: source pixels from `first` on with their weights, which sum to 1. */
interface Contribution {
  readonly first: number;
  readonly weights: Float32Array;
}

/**
 * Bilinear with a triangle as wide as the reduction, as PIL's BILINEAR and sharp's `linear` do it: no aliasing when
 * the picture shrinks, plain interpolation when it grows.
 */
export function resize(picture: Picture, box: Box, size: { readonly width: number; readonly height: number }): Picture {
  const columns = contributions(box.left, box.width, { from: picture.width, to: size.width });
  const rows = contributions(box.top, box.height, { from: picture.height, to: size.height });
  const narrow = new Float32Array(size.width * picture.height * 3);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const { first, weights } = columns[x] as Contribution;
      blend(picture.rgb, narrow, {
        source: (y * picture.width + first) * 3,
        stride: 3,
        target: (y * size.width + x) * 3,
        weights,
      });
    }
  }
  const rgb = new Float32Array(size.width * size.height * 3);
  for (let y = 0; y < size.height; y++) {
    const { first, weights } = rows[y] as Contribution;
    for (let x = 0; x < size.width; x++) {
      const source = (first * size.width + x) * 3;
      blend(narrow, rgb, { source, stride: size.width * 3, target: (y * size.width + x) * 3, weights });
    }
  }
  return { ...size, rgb };
}

interface Blend {
  readonly source: number;
  readonly stride: number;
  readonly target: number;
  readonly weights: Float32Array;
}

function blend(from: Float32Array, to: Float32Array, { source, stride, target, weights }: Blend): void {
  for (let channel = 0; channel < 3; channel++) {
    let sum = 0;
    for (let index = 0; index < weights.length; index++) {
      sum += (from[source + index * stride + channel] as number) * (weights[index] as number);
    }
    to[target + channel] = sum;
  }
}

function contributions(
  start: number,
  length: number,
  { from, to }: { from: number; to: number },
): readonly Contribution[] {
  const scale = length / to;
  const radius = Math.max(1, scale);
  return Array.from({ length: to }, (_, index) => {
    const center = start + (index + 0.5) * scale;
    const first = Math.max(0, Math.floor(center - radius));
    const end = Math.min(from, Math.ceil(center + radius));
    const weights = Float32Array.from({ length: Math.max(1, end - first) }, (__, offset) =>
      Math.max(0, 1 - Math.abs(first + offset + 0.5 - center) / radius),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
