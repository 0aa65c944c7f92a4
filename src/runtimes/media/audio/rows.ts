import { type AudioSpec, invalidArgument } from '../../../core/index.js';

/** Most elements of the rows of one sound: half a gigabyte of FP32. */
const MAX_ELEMENTS = 2 ** 27;

export interface Rows {
  readonly count: number;
  readonly samples: Float32Array;
}

/** A sound at the model's rate as rows: one, or one for each window. */
export function toRows(sound: Float32Array, spec: AudioSpec): Rows {
  const { windowSamples, hopSamples, contextSamples } = spec;
  if (windowSamples === 0) return oneRow(sound, spec);
  const count = sound.length <= windowSamples ? 1 : Math.ceil((sound.length - windowSamples) / hopSamples) + 1;
  const length = contextSamples + windowSamples;
  checkSize(count * length);
  const rows = new Float32Array(count * length);
  for (let row = 0; row < count; row++) {
    const start = row * hopSamples - contextSamples;
    const kept = sound.subarray(Math.max(0, start), start + length);
    rows.set(kept, row * length + Math.max(0, -start));
  }
  return { count, samples: rows };
}

function oneRow(sound: Float32Array, { lengthSamples }: AudioSpec): Rows {
  if (lengthSamples === 0 || lengthSamples === sound.length) return { count: 1, samples: sound };
  checkSize(lengthSamples);
  const samples = new Float32Array(lengthSamples);
  samples.set(sound.subarray(0, lengthSamples));
  return { count: 1, samples };
}

function checkSize(elements: number): void {
  if (elements <= MAX_ELEMENTS) return;
  throw invalidArgument(`the sound makes ${elements} numbers; at most ${MAX_ELEMENTS} are taken`);
}
