import type { SamplingDefaults } from '../../../core/index.js';
import { isSamplingValue, NUMBER_LIMITS } from '../../../generation/index.js';
import type { GgufHeader } from '../gguf-header.js';

/** Defaults that GGUF files may have, by llama.cpp's names. */
const KEYS: Readonly<Record<string, keyof SamplingDefaults>> = {
  temp: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  min_p: 'minP',
  penalty_repeat: 'repetitionPenalty',
};
const SIGNIFICANT_DIGITS = 6;

/** The sampling defaults in a model's file. `report` is called for each one that is out of range; it is left out. */
export function samplingOfFile({ values }: GgufHeader, report: (message: string) => void): SamplingDefaults {
  const found: { -readonly [Name in keyof SamplingDefaults]: number } = {};
  for (const [key, name] of Object.entries(KEYS)) {
    const value = values.get(`general.sampling.${key}`);
    if (value === undefined) continue;
    // Files have 32-bit floats: 0.7 is 0.699999988 there.
    const number = typeof value === 'number' ? Number(value.toPrecision(SIGNIFICANT_DIGITS)) : Number.NaN;
    if (isSamplingValue(name, number)) found[name] = number;
    else {
      const { least, most } = NUMBER_LIMITS[name];
      report(`the file's general.sampling.${key} has no effect: expected ${least} to ${most}, got ${number}`);
    }
  }
  return found;
}
