import { type RatioInterval, ratioInterval } from './interval.js';
import { type RatioSpec, ratiosOf } from './rounds.js';
import type { BarResult, Round, Verdict } from './row.js';
import { METRICS } from './sample.js';

/** The contestant that is judged, and the one it is held against. */
export interface NoiseSpec extends RatioSpec {
  /** The same as `against` in everything but its name. */
  readonly again: string;
}

/** Where two that are the same may differ by more, a machine is too busy to tell anything. */
const MOST_NOISE = 2;

/**
 * Judges whether a metric, of which less is better, is unchanged within noise: `who` / `against` against what two that are the same differ
 * by in the same rounds. Fails where the whole 95 % interval lies above that of `again` / `against`; is not judged where that is too wide.
 */
export function judgeNoise(
  { metric, who, against, again }: NoiseSpec,
  rounds: readonly Round[],
  trial: boolean,
): BarResult {
  const ratios = ratiosOf(rounds, { metric, who, against });
  const reached = ratioInterval(ratios);
  const noise = ratioInterval(ratiosOf(rounds, { metric, who: again, against }));
  return {
    text: `${METRICS[metric].label}: ${who} / ${against}, 95 % interval, to be reached by that of ${again} / ${against}`,
    digits: 2,
    limit: noise === undefined ? '' : format(noise),
    spread: reached && { median: reached.ratio, min: reached.low, max: reached.high },
    counted: ratios.length,
    rounds: rounds.length,
    verdict: trial && reached !== undefined ? 'not judged' : verdictOf(reached, noise),
  };
}

function verdictOf(reached: RatioInterval | undefined, noise: RatioInterval | undefined): Verdict {
  if (reached === undefined || noise === undefined) return 'not run';
  if (noise.high > MOST_NOISE || noise.low < 1 / MOST_NOISE) return 'not judged';
  return reached.low <= noise.high ? 'pass' : 'fail';
}

function format({ ratio, low, high }: RatioInterval): string {
  return `${ratio.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}
