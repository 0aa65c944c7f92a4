import {
  type BarSpec,
  type BenchSettings,
  type Contestant,
  isJudged,
  judge,
  type OpenContestant,
  type Round,
  type Row,
  type RowResult,
} from './row.js';
import type { Metric, Sample } from './sample.js';

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

/** One who takes part, until something fails. */
interface Participant {
  readonly name: string;
  readonly contestant: OpenContestant;
  readonly samples: Sample[];
  failed: boolean;
}

async function runRow(spec: RowSpec, settings: BenchSettings): Promise<RowResult> {
  const notes: string[] = [];
  const open: Participant[] = [];
  try {
    for (const { name, peer, open: begin } of spec.contestants) {
      if (peer && !settings.peers) continue;
      settings.say(`${spec.id}: starting ${name}`);
      const opened = await begin(settings).catch((error: unknown) => noteOf(`${name} did not run`, error));
      const failure = typeof opened === 'string' ? opened : await warmUp(name, opened);
      if (failure !== undefined) notes.push(failure);
      else if (typeof opened !== 'string') open.push({ name, contestant: opened, samples: [], failed: false });
    }
    for (let round = 0; round < settings.rounds; round++) {
      settings.say(`${spec.id}: round ${round + 1} of ${settings.rounds}`);
      const first = round % Math.max(1, open.length);
      for (const participant of [...open.slice(first), ...open.slice(0, first)]) {
        if (!participant.failed) await measure(participant, notes);
      }
    }
  } finally {
    for (const { contestant } of open) await contestant.close();
  }
  const contestants = open.map(({ name, samples }) => ({ name, samples }));
  const bars = spec.bars.map((bar) => judge(bar, roundsOf(contestants, settings.rounds), isJudged(settings)));
  return { id: spec.id, title: spec.title, contestants, bars, notes };
}

/** One sample more; a participant that fails is out of the rounds that follow, and so are the bars that need it. */
async function measure(participant: Participant, notes: string[]): Promise<void> {
  try {
    participant.samples.push(await participant.contestant.measure());
  } catch (error) {
    participant.failed = true;
    notes.push(noteOf(`${participant.name} failed in round ${participant.samples.length + 1}`, error));
  }
}

/** Closes a contestant that cannot take part and says why; undefined when it is ready. */
async function warmUp(name: string, contestant: OpenContestant): Promise<string | undefined> {
  try {
    await contestant.warmUp();
    return undefined;
  } catch (error) {
    await contestant.close();
    return noteOf(`${name} did not run`, error);
  }
}

function noteOf(what: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${what}: ${message.replaceAll(/\s+/g, ' ').slice(0, 300)}`;
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

/** Of which metric, and of which contestants: `who` / `against`. */
export interface RatioSpec {
  readonly metric: Metric;
  readonly who: string;
  readonly against: string;
}

/** The ratio of each round that has both. */
export function ratiosOf(rounds: readonly Round[], { metric, who, against }: RatioSpec): number[] {
  return rounds.flatMap((round) => {
    const [top, bottom] = [round[who]?.[metric], round[against]?.[metric]];
    return top === undefined || bottom === undefined || !(top > 0 && bottom > 0) ? [] : [top / bottom];
  });
}
