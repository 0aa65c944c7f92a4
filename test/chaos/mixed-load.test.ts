import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createInferRequest, fetchInputs, generateTensors, runLoad } from '../../src/loadgen/index.js';
import { startCli } from '../support/cli-process.js';
import { TINY_MODEL } from '../support/llama-model.js';
import { createTempFolder } from '../support/model-folder.js';
import { endingOf, TextStream } from '../support/text-stream.js';

const DURATION_MS = 60_000;
const CONCURRENCY = 8;
const CHATS = 4;
const TOKENS = 64;

interface Chats {
  readonly firstMs: number[];
  readonly gapsMs: number[];
  finished: number;
}

/** Asks one thing after the other until it is told to stop. */
async function chat(http: string, chats: Chats, goesOn: () => boolean): Promise<void> {
  while (goesOn()) {
    let since = performance.now();
    const body = { model: 'kjv', prompt: 'And the LORD said', temperature: 1, ignore_eos: true, max_tokens: TOKENS };
    await using stream = await TextStream.open(http, body);
    const events: unknown[] = [];
    for (let event = await stream.next(); event !== undefined; event = await stream.next()) {
      const now = performance.now();
      (events.length === 0 ? chats.firstMs : chats.gapsMs).push(now - since);
      since = now;
      events.push(event);
    }
    expect(endingOf(events)).toBe('length, done');
    chats.finished++;
  }
}

const percentile = (values: readonly number[], share: number): string =>
  (values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN).toFixed(1);

it('tensors and chats under load at the same time all go on', async () => {
  await using folder = await createTempFolder({
    'm/1/model.onnx': readFileSync('examples/models/mlp/1/model.onnx'),
    'kjv/1/model.gguf': readFileSync(TINY_MODEL),
    'kjv/model.yaml': 'llama: { contextTokens: 256, slots: 4, threads: 1 }\n',
  });
  await using cli = startCli([
    ...['serve', folder.path, '--json', '--log-level', 'warn'],
    ...['--http-port', '0', '--grpc-port', '-1', '--metrics-port', '-1'],
  ]);
  const url = String((await cli.nextEvent()).http);
  await cli.nextEvent();
  const tensors = generateTensors(await fetchInputs({ url, model: 'm' }));
  const load = async (durationMs: number) => {
    const { levels } = await runLoad({
      url,
      requests: [createInferRequest({ model: 'm', tensors, format: 'json' })],
      levels: [{ kind: 'concurrency', concurrency: CONCURRENCY }],
      measurement: { kind: 'duration', durationMs },
      warmupMs: 0,
    });
    return levels[0];
  };
  const alone = await load(DURATION_MS / 6);
  let over = false;
  const chats: Chats = { firstMs: [], gapsMs: [], finished: 0 };
  const lanes = Array.from({ length: CHATS }, () => chat(url, chats, () => !over));
  const beside = await load(DURATION_MS);
  over = true;
  await Promise.all(lanes);

  console.log(JSON.stringify({ alone: alone?.latency, beside: beside?.latency }));
  console.log(
    `chats: ${chats.finished}, first p50 ${percentile(chats.firstMs, 0.5)} p99 ${percentile(chats.firstMs, 0.99)} ms`,
  );
  console.log(`between events: p50 ${percentile(chats.gapsMs, 0.5)} p99 ${percentile(chats.gapsMs, 0.99)} ms`);
  // Some that have begun end behind the window.
  expect(Object.keys(beside?.outcomes ?? {})).toEqual(['200']);
  expect(beside?.completed).toBeGreaterThan(CONCURRENCY);
  expect(chats.finished).toBeGreaterThanOrEqual(CHATS);
});
