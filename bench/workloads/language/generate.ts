import { meanRatioBar, ratioBar } from '../../harness/bars.js';
import { completionOf, randomPrompt } from '../../harness/language/prompts.js';
import { firstTokenMs, type StreamedAnswer, streamAnswer } from '../../harness/language/stream.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Row } from '../../harness/row.js';
import { bothServers, THREADS } from './contestants.js';

const TOKENS = 64;

/** Requests of a round by streams at a time. */
const LEVELS = { 1: 4, 8: 16, 16: 32 } as const;

type Level = keyof typeof LEVELS;

const WHO = { who: 'millrace', against: 'llama-server' } as const;

/** Short prompts and answers, by streams at a time. */
export function generateRow(): Row {
  return interleavedRow({
    id: 'generate',
    title: `${TOKENS} → ${TOKENS} tokens, greedy, streaming, distinct prompts; 1, 8 and 16 streams`,
    contestants: bothServers(
      { slots: 16, contextTokens: 2048, threads: THREADS },
      {
        async measure({ url }, { seed, settings }) {
          const one = await drive(url, { streams: 1, seed, trial: settings.trial });
          const eight = await drive(url, { streams: 8, seed: seed + 100, trial: settings.trial });
          const sixteen = await drive(url, { streams: 16, seed: seed + 200, trial: settings.trial });
          return {
            tokensPerSecond1: one.tokensPerSecond,
            tokensPerSecond8: eight.tokensPerSecond,
            tokensPerSecond16: sixteen.tokensPerSecond,
            firstTokenP95Ms1: one.firstTokenP95Ms,
            firstTokenP95Ms8: eight.firstTokenP95Ms,
            firstTokenP95Ms16: sixteen.firstTokenP95Ms,
          };
        },
      },
    ),
    bars: [
      ratioBar({ metric: 'tokensPerSecond1', ...WHO, atLeast: 0.97 }),
      ratioBar({ metric: 'tokensPerSecond8', ...WHO, atLeast: 0.97 }),
      ratioBar({ metric: 'tokensPerSecond16', ...WHO, atLeast: 0.97 }),
      meanRatioBar({
        text: 'tok/s, mean of 1, 8 and 16 streams',
        metrics: ['tokensPerSecond1', 'tokensPerSecond8', 'tokensPerSecond16'],
        ...WHO,
        atLeast: 1.03,
      }),
      ratioBar({ metric: 'firstTokenP95Ms1', ...WHO, atMost: 1.1 }),
      ratioBar({ metric: 'firstTokenP95Ms8', ...WHO, atMost: 1.1 }),
      ratioBar({ metric: 'firstTokenP95Ms16', ...WHO, atMost: 1.1 }),
    ],
  });
}

interface Drive {
  readonly streams: Level;
  readonly seed: number;
  readonly trial: boolean;
}

/** So many streams at a time, each followed by another one. */
async function drive(
  url: string,
  { streams, seed, trial }: Drive,
): Promise<{ readonly tokensPerSecond: number; readonly firstTokenP95Ms: number }> {
  const answers: StreamedAnswer[] = [];
  let left = trial ? streams : LEVELS[streams];
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left--;
      answers.push(await streamAnswer(url, completionOf(randomPrompt(TOKENS, seed + left), TOKENS)));
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: streams }, lane));
  const seconds = (performance.now() - startedAt) / 1000;
  const waits = answers.map(firstTokenMs).sort((a, b) => a - b);
  return {
    tokensPerSecond: (answers.length * TOKENS) / seconds,
    firstTokenP95Ms: waits[Math.ceil(waits.length * 0.95) - 1] ?? Number.NaN,
  };
}
