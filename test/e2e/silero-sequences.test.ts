import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMillrace, type Millrace } from '../../src/index.js';
import { RUNNER_ENTRY } from '../support/dist.js';
import { Random } from '../support/random.js';

const STREAMS = 200;
const STEPS = 12;

interface Stream {
  readonly rate: number;
  readonly windows: readonly Float32Array[];
}

/** Noise that swells and fades, each stream in its own way; every fourth one is sampled at 8 kHz. */
function createStreams(): readonly Stream[] {
  const random = new Random(7);
  return Array.from({ length: STREAMS }, (_, index) => {
    const [rate, length] = index % 4 === 0 ? [8_000, 288] : [16_000, 576];
    const windows = Array.from({ length: STEPS }, (__, step) => {
      const loudness = Math.abs(Math.sin(index + step / 3));
      return Float32Array.from({ length }, () => (random.next() - 0.5) * loudness);
    });
    return { rate, windows };
  });
}

/** What the model says of one stream by itself, its state carried along by hand. */
async function runOffline(session: InferenceSession, { rate, windows }: Stream): Promise<readonly number[]> {
  let state = new Tensor('float32', new Float32Array(256), [2, 1, 128]);
  const heard: number[] = [];
  for (const window of windows) {
    const results = await session.run({
      input: new Tensor('float32', window, [1, window.length]),
      state,
      sr: new Tensor('int64', BigInt64Array.of(BigInt(rate)), []),
    });
    heard.push(Number(results.output?.data[0]));
    state = new Tensor('float32', Float32Array.from(results.stateN?.data as Float32Array), [2, 1, 128]);
  }
  return heard;
}

let millrace: Millrace;
let session: InferenceSession;
beforeAll(async () => {
  session = await InferenceSession.create('examples/models/silero-vad/1/model.onnx', { intraOpNumThreads: 1 });
  millrace = await createMillrace({
    settings: {
      repository: { paths: ['examples/models'], controlMode: 'explicit', loadModels: ['silero-vad'] },
      runners: { entry: RUNNER_ENTRY },
      telemetry: { logLevel: 'silent' },
    },
  });
});
afterAll(async () => {
  await millrace.close();
  await session.release();
});

it('200 streams at a time hear what each of them hears alone', { timeout: 60_000 }, async () => {
  const streams = createStreams();
  const together = await Promise.all(
    streams.map(async ({ rate, windows }, index) => {
      const heard: number[] = [];
      for (const [step, window] of windows.entries()) {
        const sequence = { id: index + 1, start: step === 0, end: step === STEPS - 1 };
        const inputs = { input: { data: window, shape: [1, window.length] }, sr: rate };
        const { output } = await millrace.infer('silero-vad', inputs, { sequence });
        heard.push(Number(output?.data[0]));
      }
      return heard;
    }),
  );
  let worst = 0;
  for (const [index, stream] of streams.entries()) {
    const alone = await runOffline(session, stream);
    for (const [step, value] of alone.entries()) {
      worst = Math.max(worst, Math.abs(value - (together[index]?.[step] ?? Number.NaN)));
    }
    // Streams that were mixed up would differ by far more than this.
    expect(Math.max(...alone) - Math.min(...alone)).toBeGreaterThan(0.001);
  }
  // A batch may add in another order than a row by itself.
  expect(worst).toBeLessThan(1e-4);
});
