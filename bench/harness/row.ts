import { type Sample, type Spread, spreadOf } from './sample.js';

/** How long, how often and with what a run measures. */
export interface BenchSettings {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly generator: 'wrk' | 'own';
  /** Whether the Python peers take part. */
  readonly peers: boolean;
  /** Whether it only shows that everything runs: servers are still cold then, and no bar is judged. */
  readonly trial: boolean;
  /** Whether half of each core is kept busy by declared stress meanwhile: no bar is judged then. Not, if not set. */
  readonly busy?: boolean;
  /** The folder with the text models and texts of the rows of `--text`. */
  readonly textModels?: string | undefined;
  readonly say: (line: string) => void;
}

/** One line of the table of workloads. */
export interface Row {
  readonly id: string;
  readonly title: string;
  run(settings: BenchSettings): Promise<RowResult>;
}

/** One who takes part in a row. */
export interface Contestant {
  readonly name: string;
  readonly peer: boolean;
  open(settings: BenchSettings): Promise<OpenContestant>;
}

export interface OpenContestant {
  warmUp(): Promise<void>;
  measure(): Promise<Sample>;
  close(): Promise<void>;
}

/** The samples of one round by contestant. */
export type Round = Readonly<Record<string, Sample | undefined>>;

/** What a row demands, computed for each round from the samples of that round; it only tells where it has no limit. */
export interface BarSpec {
  readonly text: string;
  readonly digits: number;
  /** Who has to take part. */
  readonly contestants: readonly string[];
  readonly atLeast?: number;
  readonly atMost?: number;
  /** undefined where somebody is missing. */
  of(round: Round): number | undefined;
  /** Whether a round counts; every one does if not set. */
  counts?(round: Round): boolean;
}

/** `not run`: somebody was missing. `not judged`: the run was a trial or busy, none of its rounds counts, or the bar has no limit. */
export type Verdict = 'pass' | 'fail' | 'not run' | 'not judged';

export interface BarResult {
  readonly text: string;
  readonly digits: number;
  readonly limit: string;
  /** Of the rounds that count. */
  readonly spread: Spread | undefined;
  /** How many rounds count, and how many there were. */
  readonly counted: number;
  readonly rounds: number;
  readonly verdict: Verdict;
}

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly contestants: readonly { readonly name: string; readonly samples: readonly Sample[] }[];
  readonly bars: readonly BarResult[];
  readonly notes: readonly string[];
}

/** Whether what a run reaches can pass or fail: bars are set for warm servers on a quiet machine. */
export function isJudged({ trial, busy }: Pick<BenchSettings, 'trial' | 'busy'>): boolean {
  return !trial && busy !== true;
}

/** Judges a bar by the median of the rounds that count; `judged`: whether the run can pass or fail. */
export function judge(spec: BarSpec, rounds: readonly Round[], judged = true): BarResult {
  const complete = rounds.filter((round) => spec.of(round) !== undefined);
  const values = complete.filter((round) => spec.counts?.(round) ?? true).map((round) => spec.of(round) ?? Number.NaN);
  const spread = spreadOf(values);
  return {
    text: spec.text,
    digits: spec.digits,
    limit: limitOf(spec),
    spread,
    counted: values.length,
    rounds: rounds.length,
    verdict: complete.length === 0 ? 'not run' : judged && spread !== undefined ? compare(spec, spread) : 'not judged',
  };
}

function compare({ atLeast, atMost }: BarSpec, { median }: Spread): Verdict {
  if (atLeast === undefined && atMost === undefined) return 'not judged';
  const within = median >= (atLeast ?? Number.NEGATIVE_INFINITY) && median <= (atMost ?? Number.POSITIVE_INFINITY);
  return within ? 'pass' : 'fail';
}

function limitOf({ atLeast, atMost }: BarSpec): string {
  return [...(atLeast === undefined ? [] : [`≥ ${atLeast}`]), ...(atMost === undefined ? [] : [`≤ ${atMost}`])].join(
    ', ',
  );
}
