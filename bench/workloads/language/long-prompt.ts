import { ratioBar, valueBar } from '../../harness/bars.js';
import { completionOf, randomPrompt } from '../../harness/language/prompts.js';
import { firstTokenMs, openStream, streamAnswer } from '../../harness/language/stream.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Row } from '../../harness/row.js';
import type { Sample } from '../../harness/sample.js';
import { bothServers, THREADS } from './contestants.js';

const PROMPT_TOKENS = 1_536;

/** Whether those who read wait for those who come with much. */
export function longPromptRow(): Row {
  return interleavedRow({
    id: 'long-prompt',
    title: `A prompt of ${PROMPT_TOKENS} tokens comes while another answer is being read`,
    contestants: bothServers(
      { slots: 4, contextTokens: 2048, threads: THREADS },
      { measure: ({ url }, { seed }) => arrival(url, seed) },
    ),
    bars: [
      valueBar({ metric: 'longestGapMs', who: 'millrace', atMost: 500 }),
      ratioBar({ metric: 'firstTokenMs', who: 'millrace', against: 'llama-server', atMost: 1.2 }),
    ],
  });
}

async function arrival(url: string, seed: number): Promise<Sample> {
  // Long enough to last longer than the prompt takes.
  const running = openStream(url, completionOf(randomPrompt(64, seed), 1_024));
  await running.begun;
  const long = await streamAnswer(url, completionOf(randomPrompt(PROMPT_TOKENS, seed + 1), 4));
  const until = performance.now();
  running.cancel();
  const pieces = [...running.pieces, until].filter((at) => at <= until);
  const gaps = pieces.map((at, index) => (index === 0 ? 0 : at - (pieces[index - 1] ?? at)));
  return { firstTokenMs: firstTokenMs(long), longestGapMs: Math.max(...gaps) };
}
