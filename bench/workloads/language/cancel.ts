import { setTimeout as sleep } from 'node:timers/promises';
import { valueBar } from '../../harness/bars.js';
import { completionOf, randomPrompt } from '../../harness/language/prompts.js';
import { firstTokenMs, openStream, type StreamRequest, streamAnswer } from '../../harness/language/stream.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Row } from '../../harness/row.js';
import { bothServers, THREADS } from './contestants.js';

/** While a prompt of 1,536 tokens is evaluated. */
const INTO_PROMPT_MS = 300;

/** How much later the next request gets its first token because somebody has just left the only slot. */
export function cancelRow(): Row {
  return interleavedRow({
    id: 'cancel',
    title: 'A client leaves the only slot, in its prompt and in its answer, and another one comes',
    contestants: bothServers(
      { slots: 1, contextTokens: 2048, threads: THREADS },
      {
        async measure({ url }, { seed }) {
          const next = (place: number): StreamRequest => completionOf(randomPrompt(8, seed + place), 2);
          const alone = firstTokenMs(await streamAnswer(url, next(1)));

          const long = openStream(url, completionOf(randomPrompt(1_536, seed + 2), 16));
          await sleep(INTO_PROMPT_MS);
          long.cancel();
          const afterPrompt = firstTokenMs(await streamAnswer(url, next(3)));

          const answer = openStream(url, completionOf(randomPrompt(8, seed + 4), 512));
          await answer.begun;
          answer.cancel();
          const afterAnswer = firstTokenMs(await streamAnswer(url, next(5)));
          return {
            firstTokenMs: alone,
            abortPromptMs: Math.max(0, afterPrompt - alone),
            abortAnswerMs: Math.max(0, afterAnswer - alone),
          };
        },
      },
    ),
    bars: [
      valueBar({ metric: 'abortPromptMs', who: 'millrace', atMost: 250 }),
      valueBar({ metric: 'abortAnswerMs', who: 'millrace', atMost: 250 }),
    ],
  });
}
