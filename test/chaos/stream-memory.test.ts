import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readProcessStates } from '../../src/runtimes/host/process-states.js';
import { startCli } from '../support/cli-process.js';
import { TINY_MODEL } from '../support/llama-model.js';
import { createTempFolder } from '../support/model-folder.js';
import { endingOf, TextStream } from '../support/text-stream.js';
import { COLLECTS_ON_SIGNAL, keptBytes } from './harness/memory.js';
import { listRunners } from './harness/processes.js';

const STREAMS = 2_000;
/** The first ones fill what is kept for good: compiled code, buffers, the slots. */
const WARMING_STREAMS = 1_000;
/** Streams between two looks at a runner, whose heap has tides: the least of several looks counts. */
const STREAMS_A_LOOK = 250;
const IN_FLIGHT = 8;
const TOKENS = 12;
/** Streams of which every third is left under way, so that leaving clients leave nothing behind either. */
const LEAVE_EVERY = 3;
/** Of the bytes that the server keeps. */
const MAX_GROWTH = 1.05;
/** Of the memory that the runner holds, which goes up and down by itself. */
const MAX_RSS_GROWTH = 1.1;

it(`${STREAMS} streams of a language model leave nothing behind, in the server nor in its runner`, async () => {
  await using folder = await createTempFolder({
    'kjv/1/model.gguf': readFileSync(TINY_MODEL),
    'kjv/model.yaml': 'llama: { contextTokens: 256, slots: 8, threads: 1 }\n',
  });
  await using cli = startCli(
    [
      ...['serve', folder.path, '--json', '--log-level', 'error'],
      ...['--http-port', '0', '--grpc-port', '-1', '--metrics-port', '-1'],
    ],
    { nodeFlags: COLLECTS_ON_SIGNAL },
  );
  const http = String((await cli.nextEvent()).http);
  await cli.nextEvent();
  const pid = cli.child.pid ?? 0;

  const streamMany = async (streams: number): Promise<void> => {
    let left = streams;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        const prompt = `And the LORD said ${left}`;
        await using stream = await TextStream.open(http, {
          model: 'kjv',
          prompt,
          ignore_eos: true,
          max_tokens: TOKENS,
        });
        if (left % LEAVE_EVERY === 0) await stream.next();
        else expect(endingOf(await stream.rest())).toBe('length, done');
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  };
  const runnerRss = async (): Promise<number> => {
    const states = await readProcessStates(listRunners(pid).map((runner) => runner.pid));
    return [...states.values()].reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  };

  const leastRunnerRss = async (streams: number): Promise<number> => {
    let least = Number.POSITIVE_INFINITY;
    for (let done = 0; done < streams; done += STREAMS_A_LOOK) {
      await streamMany(STREAMS_A_LOOK);
      least = Math.min(least, await runnerRss());
    }
    return least;
  };

  const runnerBefore = await leastRunnerRss(WARMING_STREAMS);
  const keptBefore = await keptBytes(cli);
  expect(await leastRunnerRss(STREAMS)).toBeLessThanOrEqual(runnerBefore * MAX_RSS_GROWTH);
  expect(await keptBytes(cli)).toBeLessThanOrEqual(keptBefore * MAX_GROWTH);
});
