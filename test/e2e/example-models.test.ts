import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMillrace, type Millrace, type OutputTensor } from '../../src/index.js';
import { RUNNER_ENTRY } from '../support/dist.js';

const LABELS = ['food', 'report', 'other'];
/** Samples of one step at 16 kHz, and how many of the step before it the model wants to see again. */
const STEP = 512;
const CONTEXT = 64;

function floats(tensor: OutputTensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new Error(`expected FP32, got ${tensor?.datatype}`);
  return tensor.data;
}

describe('the example models', () => {
  let millrace: Millrace;
  beforeAll(async () => {
    millrace = await createMillrace({
      settings: {
        repository: { paths: ['examples/models'] },
        runners: { entry: RUNNER_ENTRY },
        telemetry: { logLevel: 'silent' },
      },
    });
  });
  afterAll(() => millrace.close());

  it('all load', () => {
    expect(millrace.models().map(({ name, state }) => `${name}: ${state.kind}`)).toEqual([
      'echo: ready',
      'mlp: ready',
      'mobilenetv3: ready',
      'silero-vad: ready',
    ]);
  });

  it.each([
    ['meal_1.jpg', 'food'],
    ['meal_2.jpg', 'food'],
    ['report_1.jpg', 'report'],
    ['report_2.jpg', 'report'],
    ['other_1.jpg', 'other'],
    ['other_2.jpg', 'other'],
  ])('the photo %s is taken for: %s', async (file, label) => {
    const photo = await readFile(`examples/photos/${file}`);
    const { probs } = await millrace.infer('mobilenetv3', {
      pixel_values: { datatype: 'BYTES', shape: [1], data: [photo] },
    });
    const scores = [...floats(probs)];
    expect(LABELS[scores.indexOf(Math.max(...scores))]).toBe(label);
  });

  it('the audio model hears speech between two pauses, its state kept by the server', async () => {
    const wav = await readFile('examples/audio/speech-16khz.wav');
    const samples = wav.subarray(wav.indexOf('data') + 8);
    const heard: number[] = [];
    const window = new Float32Array(CONTEXT + STEP);
    for (let offset = 0; offset + STEP * 2 <= samples.length; offset += STEP * 2) {
      window.copyWithin(0, STEP);
      for (let index = 0; index < STEP; index++) {
        window[CONTEXT + index] = samples.readInt16LE(offset + index * 2) / 32_768;
      }
      const step = { input: { data: window.slice(), shape: [1, CONTEXT + STEP] }, sr: 16_000 };
      const { output } = await millrace.infer('silero-vad', step, { sequence: { id: 1, start: offset === 0 } });
      heard.push(floats(output)[0] ?? Number.NaN);
    }
    // 121 steps of 32 ms: 0.6 s of pause at both ends.
    expect(Math.max(...heard.slice(0, 17), ...heard.slice(-17))).toBeLessThan(0.1);
    expect(heard.filter((probability) => probability > 0.9).length).toBeGreaterThan(60);
  });
});
