import {
  type BarSpec,
  type BenchSettings,
  type Contestant,
  judge,
  type OpenContestant,
  type Round,
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
 * another, so that what else the machine does hits all alike. Throws when a bar names somebody who does not take part.
 */
export function interleavedRow(spec: RowSpec): Row {
  const names = spec.contestants.map(({ name }) => name);
  for (const { text, contestants } of spec.bars) {
    const stranger = contestants.find((name) => !names.includes(name));
    if (stranger !== undefined) throw new Error(`${spec.id}: '${stranger}' of the bar '${text}' does not take part`);
  }
  return { id: spec.id, title: spec.title, run: (settings) => runRow(spec, settings) };
}

async function runRow(spec: RowSpec, settings: BenchSettings): Promise<RowResult> {
  const notes: string[] = [];
  const open: { readonly name: string; readonly contestant: OpenContestant; readonly samples: Sample[] }[] = [];
  try {
    for (const { name, peer, open: begin } of spec.contestants) {
      if (peer && !settings.peers) continue;
      settings.say(`${spec.id}: starting ${name}`);
      const opened = await begin(settings).catch((error: unknown) => noteOf(name, error));
      const failure = typeof opened === 'string' ? opened : await warmUp(name, opened);
      if (failure !== undefined) notes.push(failure);
      else if (typeof opened !== 'string') open.push({ name, contestant: opened, samples: [] });
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
  const bars = spec.bars.map((bar) => judge(bar, roundsOf(contestants, settings.rounds), settings.trial));
  return { id: spec.id, title: spec.title, contestants, bars, notes };
}

/** Closes a contestant that cannot take part and says why; undefined when it is ready. */
async function warmUp(name: string, contestant: OpenContestant): Promise<string | undefined> {
  try {
    await contestant.warmUp();
    return undefined;
  } catch (error) {
    await contestant.close();
    return noteOf(name, error);
  }
}

function noteOf(name: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${name} did not run: ${message.replaceAll(/\s+/g, ' ').slice(0, 300)}`;
}

/** The samples of each round by contestant. */
export function roundsOf(
  contestants: readonly { readonly name: string; readonly samples: readonly Sample[] }[],
  rounds: number,
): Round[] {
  return Array.from({ length: rounds }, (_, round) =>
    Object.fromEntries(contestants.map(({ name, samples }) => [name, samples[round]])),
  );
}
