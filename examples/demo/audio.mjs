import { readFile } from 'node:fs/promises';

/** Samples of one step at 16 kHz, and how many of the step before it the model wants to see again. */
const STEP = 512;
const CONTEXT = 64;
const BARS = ' ▁▂▃▄▅▆▇█';

/** A mono WAV file of 16-bit samples as numbers from -1 to 1. */
export async function readWav(file) {
  const wav = await readFile(file);
  const at = wav.indexOf('data') + 8;
  const pcm = new Int16Array(wav.buffer.slice(wav.byteOffset + at, wav.byteOffset + at + wav.readUInt32LE(at - 4)));
  return { samples: Float32Array.from(pcm, (sample) => sample / 32_768), sampleRate: wav.readUInt32LE(24) };
}

/**
 * Asks the model step by step. The steps are those of one sequence, so that the server carries the model's state from
 * one to the next.
 */
export async function listenToSpeech(model, { samples, sampleRate }) {
  const probabilities = [];
  let loudest = { probability: -1, window: samples.subarray(0, 0) };
  for (let at = CONTEXT; at + STEP <= samples.length; at += STEP) {
    const window = samples.subarray(at - CONTEXT, at + STEP);
    const sequence = { id: 'speech', start: at === CONTEXT, end: at + 2 * STEP > samples.length };
    const { outputs } = await model.infer({ input: [window], sr: sampleRate }, { sequence });
    const probability = outputs.output.data[0];
    probabilities.push(probability);
    if (probability > loudest.probability) loudest = { probability, window };
  }
  return { probabilities, loudest: loudest.window };
}

/** The probabilities as a line of at most `width` bars, with the time below it. */
export function spellTimeline({ probabilities }, seconds, width) {
  const perBar = Math.ceil(probabilities.length / width);
  const count = Math.ceil(probabilities.length / perBar);
  const bars = Array.from({ length: count }, (_, bar) => {
    const highest = Math.max(...probabilities.slice(bar * perBar, (bar + 1) * perBar));
    return BARS[Math.round(highest * (BARS.length - 1))];
  });
  return `${bars.join('')}\n0 s${`${seconds.toFixed(1)} s`.padStart(count - 3)}\n`;
}
