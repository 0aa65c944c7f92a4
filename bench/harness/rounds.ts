import {
  type BarSpec,
  type BenchSettings,
  type Contestant,
  judge,
  type OpenContestant,
  type Row,
  type RowResult,
} from './row.js';
import type { Sample } from './sample.js';

export interface RowSpec {
  readonly id: string;
  readonly title: string;
  readonly contestants: readonly Contestant[];
  readonly bars: readonly BarSpec[];
}

/**
 * A row whose contestants all stand ready while they are measured in turn, round after round, each round beginning with
 * another, so that what else the machine does hits all alike.
 */
export function interleavedRow(spec: RowSpec): Row {
  return { id: spec.id, title: spec.title, run: (settings) => runRow(spec, settings) };
}

async function runRow(spec: RowSpec, settings: BenchSettings): Promise<RowResult> {
  const notes: string[] = [];
  const open: { readonly name: string; readonly contestant: OpenContestant; readonly samples: Sample[] }[] = [];
  try {
    for (const { name, peer, open: begin } of spec.contestants) {
      if (peer && !settings.peers) continue;
      settings.say(`${spec.id}: starting ${name}`);
      try {
        const contestant = await begin(settings);
        open.push({ name, contestant, samples: [] });
        await contestant.warmUp();
      } catch (error) {
        notes.push(`${name} did not run: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    for (let round = 0; round < settings.rounds; round++) {
      settings.say(`${spec.id}: round ${round + 1} of ${settings.rounds}`);
      const first = round % Math.max(1, open.length);
      for (const { contestant, samples } of [...open.slice(first), ...open.slice(0, first)]) {
        samples.push(await contestant.measure());
      }
    }
  } finally {
    for (const { contestant } of open) await contestant.close();
  }
  const contestants = open.map(({ name, samples }) => ({ name, samples }));
  const bars = spec.bars.map((bar) => judge(bar, roundsOf(contestants, settings.rounds)));
  return { id: spec.id, title: spec.title, contestants, bars, notes };
}

/** The samples of each round by contestant. */
export function roundsOf(
  contestants: readonly { readonly name: string; readonly samples: readonly Sample[] }[],
  rounds: number,
): Record<string, Sample | undefined>[] {
  return Array.from({ length: rounds }, (_, round) =>
    Object.fromEntries(contestants.map(({ name, samples }) => [name, samples[round]])),
  );
}
