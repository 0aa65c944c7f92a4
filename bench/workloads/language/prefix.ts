import { shareBar } from '../../harness/bars.js';
import { completionOf, randomPrompt } from '../../harness/language/prompts.js';
import { firstTokenMs, openStream, streamAnswer } from '../../harness/language/stream.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Row } from '../../harness/row.js';
import { type Sample, spreadOf } from '../../harness/sample.js';
import { bothServers, THREADS } from './contestants.js';

const PREFIX_TOKENS = 512;
/** What a prompt has of its own. */
const OWN_TOKENS = 8;
const TIMES = 3;

/** Prompts that begin like one that was evaluated before. */
export function prefixRow(): Row {
  return interleavedRow({
    id: 'prefix',
    title: `${PREFIX_TOKENS} tokens that were evaluated before, and ${OWN_TOKENS} more`,
    contestants: bothServers(
      { slots: 4, contextTokens: 2048, threads: THREADS },
      {
        async measure({ url }, { seed }) {
          const samples: Sample[] = [];
          for (let time = 0; time < TIMES; time++) samples.push(await comeAgain(url, seed + time * 10));
          const median = (metric: keyof Sample) => spreadOf(samples.map((sample) => sample[metric] ?? 0))?.median ?? 0;
          return {
            firstTokenMs: median('firstTokenMs'),
            sameSlotFirstTokenMs: median('sameSlotFirstTokenMs'),
            otherSlotFirstTokenMs: median('otherSlotFirstTokenMs'),
          };
        },
      },
    ),
    bars: [
      shareBar({ metric: 'sameSlotFirstTokenMs', of: 'firstTokenMs', who: 'millrace', atMost: 0.1 }),
      shareBar({ metric: 'otherSlotFirstTokenMs', of: 'firstTokenMs', who: 'millrace', atMost: 0.2 }),
    ],
  });
}

async function comeAgain(url: string, seed: number): Promise<Sample> {
  const prefix = randomPrompt(PREFIX_TOKENS, seed);
  const promptOf = (place: number): readonly number[] => [...prefix, ...randomPrompt(OWN_TOKENS, seed + place)];
  const timed = async (place: number) => firstTokenMs(await streamAnswer(url, completionOf(promptOf(place), 2)));
  const cold = await timed(1);
  const sameSlot = await timed(2);
  // While the slot that has it is in use, another one is taken.
  const running = openStream(url, completionOf(promptOf(3), 512));
  await running.begun;
  const otherSlot = await timed(4);
  running.cancel();
  return { firstTokenMs: cold, sameSlotFirstTokenMs: sameSlot, otherSlotFirstTokenMs: otherSlot };
}
