import { mixBits } from '../../core/index.js';
import type { VectorSketch } from '../../rollouts/index.js';

/** Elements of a vector that are looked at. */
export const MAX_VECTOR = 1_024;

/** Numbers that stand for the direction of a vector. */
const DIMENSIONS = 16;

/** Of each element, whether it is added or subtracted: as good as random, and the same in every process. */
const SIGNS = Float64Array.from({ length: MAX_VECTOR }, (_, index) => signOf(index));

/**
 * A vector in short: its length, and its direction as sums of elements with fixed signs, every sixteenth in one sum. Distances stay about as they
 * are (Charikar, Chen and Farach-Colton, "Finding frequent items in data streams", 2002).
 */
export function sketchOf(vector: ArrayLike<number>): VectorSketch {
  const sums = new Array<number>(DIMENSIONS).fill(0);
  let squares = 0;
  const length = Math.min(vector.length, MAX_VECTOR);
  for (let index = 0; index < length; index++) {
    const value = vector[index] ?? 0;
    squares += value * value;
    sums[index % DIMENSIONS] = (sums[index % DIMENSIONS] ?? 0) + value * (SIGNS[index] ?? 0);
  }
  const norm = Math.hypot(...sums);
  return { size: Math.sqrt(squares), direction: norm === 0 ? sums : sums.map((sum) => sum / norm) };
}

function signOf(index: number): 1 | -1 {
  return (mixBits(Math.imul(index + 1, 0x9e3779b1)) & 1) === 0 ? 1 : -1;
}
