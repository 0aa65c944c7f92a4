import { type Sample, type Spread, spreadOf } from './sample.js';

/** How long, how often and with what a run measures. */
export interface BenchSettings {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly generator: 'wrk' | 'own';
  /** Whether the Python peers take part. */
  readonly peers: boolean;
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

/** What a row demands, computed for each round from the samples of that round; undefined where somebody is missing. */
export interface BarSpec {
  readonly text: string;
  readonly digits: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  of(round: Readonly<Record<string, Sample | undefined>>): number | undefined;
}

export interface BarResult {
  readonly text: string;
  readonly digits: number;
  readonly limit: string;
  readonly spread: Spread | undefined;
  readonly pass: boolean | undefined;
}

export interface RowResult {
  readonly id: string;
  readonly title: string;
  readonly contestants: readonly { readonly name: string; readonly samples: readonly Sample[] }[];
  readonly bars: readonly BarResult[];
  readonly notes: readonly string[];
}

/** Judges a bar by the median of its rounds. */
export function judge(spec: BarSpec, rounds: readonly Readonly<Record<string, Sample | undefined>>[]): BarResult {
  const spread = spreadOf(rounds.map((round) => spec.of(round)).filter((value) => value !== undefined));
  const limits = [
    ...(spec.atLeast === undefined ? [] : [`≥ ${spec.atLeast}`]),
    ...(spec.atMost === undefined ? [] : [`≤ ${spec.atMost}`]),
  ];
  const pass =
    spread === undefined
      ? undefined
      : spread.median >= (spec.atLeast ?? Number.NEGATIVE_INFINITY) &&
        spread.median <= (spec.atMost ?? Number.POSITIVE_INFINITY);
  return { text: spec.text, digits: spec.digits, limit: limits.join(', '), spread, pass };
}
