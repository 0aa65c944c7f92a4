import { invalidArgument } from '../core/index.js';
import { formatDuration, parseDuration } from '../text/index.js';
import type { Prediction } from './predict.js';
import { quantileOf } from './run-times.js';

/** A percentile of latency that is to stay below a limit. */
export interface Objective {
  /** Above 0, below 100. */
  readonly percentile: number;
  readonly limitMs: number;
}

const OBJECTIVE = /^p(\d{1,2}(?:\.\d+)?)\s*<=?\s*(\S+)$/;

/**
 * The objectives of `p95<20ms` or `p50<5ms,p99<100ms`: `p`, a percentile above 0 and below 100, `<` or `<=`, which mean the same, and a duration.
 * Throws `invalid_argument`.
 */
export function parseSlo(text: string): readonly Objective[] {
  const objectives = text.split(',').map((part): Objective => {
    const [, percentile, duration = ''] = OBJECTIVE.exec(part.trim()) ?? [];
    const objective = { percentile: Number(percentile), limitMs: parseDuration(duration) ?? 0 };
    if (!(objective.percentile > 0 && objective.limitMs > 0)) {
      throw invalidArgument(`expected an SLO such as 'p95<20ms' or 'p50<5ms,p99<0.1s', got '${text}'`);
    }
    return objective;
  });
  const twice = objectives.find(({ percentile }, at) =>
    objectives.some((other, place) => place < at && other.percentile === percentile),
  );
  if (twice !== undefined) throw invalidArgument(`the SLO '${text}' limits p${twice.percentile} twice`);
  return objectives;
}

/** `p95<20ms`. */
export function formatObjective({ percentile, limitMs }: Objective): string {
  return `p${percentile}<${limitMs < 1 || !Number.isInteger(limitMs) ? `${limitMs}ms` : formatDuration(limitMs)}`;
}

/** The latency at an objective's percentile. */
export function latencyAt({ latenciesMs }: Pick<Prediction, 'latenciesMs'>, { percentile }: Objective): number {
  return quantileOf(latenciesMs, percentile / 100);
}

/** Whether all objectives are met, and no request was refused. */
export function meets(prediction: Pick<Prediction, 'latenciesMs' | 'refused'>, slo: readonly Objective[]): boolean {
  return prediction.refused === 0 && slo.every((each) => latencyAt(prediction, each) <= each.limitMs);
}
