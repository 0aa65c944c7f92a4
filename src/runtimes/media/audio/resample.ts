/** Zero crossings of the filter on either side. */
const ZERO_CROSSINGS = 6;
/** Part of the lower of the two bands that passes. */
const ROLLOFF = 0.99;

/**
 * Samples at another rate, by a sinc filter under a Hann window: what torchaudio's `resample` does by default, so that models hear what
 * they were trained with. The length is rounded up.
 */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return samples;
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const [step, phases] = [fromHz / divisor, toHz / divisor];
  const filter = createFilter(step, phases);
  const { taps, before, weights } = filter;
  const out = new Float32Array(Math.ceil((samples.length * toHz) / fromHz));
  let base = -before;
  let phase = 0;
  for (let index = 0; index < out.length; index++) {
    const from = Math.max(0, -base);
    const end = Math.min(taps, samples.length - base);
    let sum = 0;
    for (let tap = from; tap < end; tap++) {
      sum += (samples[base + tap] as number) * (weights[phase * taps + tap] as number);
    }
    out[index] = sum;
    phase += step;
    base += Math.floor(phase / phases);
    phase %= phases;
  }
  return out;
}

interface Filter {
  /** Weights of one phase. */
  readonly taps: number;
  /** Samples before the one at or before the position that the first weight is for. */
  readonly before: number;
  /** Phase by phase. */
  readonly weights: Float32Array;
}

/** Weights for each of the places between two samples that there are. */
function createFilter(step: number, phases: number): Filter {
  const cutoff = Math.min(1, phases / step) * ROLLOFF;
  const before = Math.ceil(ZERO_CROSSINGS / cutoff);
  const taps = 2 * before + 1;
  const weights = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    for (let tap = 0; tap < taps; tap++) {
      const distance = (tap - before - phase / phases) * cutoff;
      weights[phase * taps + tap] = cutoff * kernel(distance);
    }
  }
  return { taps, before, weights };
}

function kernel(distance: number): number {
  if (distance === 0) return 1;
  if (Math.abs(distance) >= ZERO_CROSSINGS) return 0;
  const angle = Math.PI * distance;
  return (Math.sin(angle) / angle) * Math.cos(angle / ZERO_CROSSINGS / 2) ** 2;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
