import { invalidArgument } from '../../core/index.js';
import type { ArmOutcomes } from '../../store/index.js';
import { effectOf, meanInterval, type Sample } from './effect.js';
import type { ArmReport, OutcomeReport } from './types.js';

export interface ReportInput {
  readonly route: string;
  /** By arm, the version that was last heard of first. */
  readonly arms: readonly ArmOutcomes[];
  readonly baseline: string | undefined;
  /** The caller has named this baseline. */
  readonly isAsked: boolean;
  readonly droppedAnswers: number;
}

/** Compares each version of each arm with the version that the baseline's arm has now. */
export function reportOf({ route, arms, baseline, isAsked, droppedAnswers }: ReportInput): OutcomeReport {
  const reference = arms.find(({ arm }) => arm === baseline);
  if (reference === undefined && isAsked) {
    const known = [...new Set(arms.map(({ arm }) => `'${arm}'`))].join(', ') || 'none yet';
    throw invalidArgument(`baseline: route '${route}' has no answers of an arm '${baseline}'; it has some of ${known}`);
  }
  const others = arms.filter((arm) => arm !== reference);
  const sorted = reference === undefined ? others : [reference, ...others];
  return { route, baseline, droppedAnswers, arms: sorted.map((arm) => armReport(arm, reference)) };
}

function armReport(sums: ArmOutcomes, reference: ArmOutcomes | undefined): ArmReport {
  const { arm, model, version, kind, better, answers, outcomes, mean } = sums;
  const isComparable = reference !== undefined && reference !== sums && reference.better === better;
  return {
    arm,
    model,
    version,
    kind,
    better,
    answers,
    outcomes,
    mean: outcomes === 0 ? undefined : mean,
    interval: meanInterval(sampleOf(sums)),
    effect: isComparable ? effectOf(sampleOf(sums), sampleOf(reference)) : undefined,
  };
}

function sampleOf({ kind, outcomes, mean, squares }: ArmOutcomes): Sample {
  return { kind, count: outcomes, mean, squares };
}
