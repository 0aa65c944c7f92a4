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
  let url: string;
  beforeAll(async () => {
    millrace = await createMillrace({
      settings: {
        repository: { paths: ['examples/models'] },
        runners: { entry: RUNNER_ENTRY },
        server: { httpPort: 0, grpcPort: -1, metricsPort: -1 },
        telemetry: { logLevel: 'silent' },
      },
    });
    const { http } = await millrace.listen();
    url = http.url;
  });
  afterAll(() => millrace.close());

  /** As curl sends a file. */
  async function post(model: string, file: Uint8Array) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new Uint8Array(file);
    const response = await fetch(`${url}/v2/models/${model}/infer`, { method: 'POST', headers, body });
    // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
    return (await response.json()) as any;
  }

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

  it.each([
    ['meal_1.jpg', 'food'],
    ['meal_2.jpg', 'food'],
    ['report_1.jpg', 'report'],
    ['report_2.jpg', 'report'],
    ['other_1.jpg', 'other'],
    ['other_2.jpg', 'other'],
  ])('curl --data-binary @%s says: %s', async (file, label) => {
    const answer = await post('mobilenetv3', await readFile(`examples/photos/${file}`));
    expect(answer.outputs[0].data[0]).toMatch(new RegExp(`^0\\.\\d+:\\d:${label}$`));
  });

  it('a recording that is sent as it is has speech between two pauses', async () => {
    const { outputs } = await post('silero-vad', await readFile('examples/audio/speech-16khz.wav'));
    const heard: number[] = outputs[0].data;
    // 122 windows of 32 ms, the last one filled up.
    expect(outputs[0].shape).toEqual([122, 1]);
    expect(Math.max(...heard.slice(0, 17), ...heard.slice(-17))).toBeLessThan(0.1);
    expect(heard.filter((probability) => probability > 0.9).length).toBeGreaterThan(60);
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
