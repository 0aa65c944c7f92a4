import type { Random } from '../support/random.js';
import type { World } from './rollout.js';

/** How often an arm fails, by how much slower it is than the median of 20 ms, and how often it answers what. */
export interface Behaviour {
  readonly errorRate: number;
  readonly slowdown: number;
  /** Of the classes, most frequent first. */
  readonly classes: readonly number[];
  /** Of outcomes that are 1; the others are 0. */
  readonly success: number;
  readonly agreement: number;
}

export const USUAL: Behaviour = {
  errorRate: 0.01,
  slowdown: 1,
  classes: [0.6, 0.25, 0.1, 0.04, 0.01],
  success: 0.2,
  agreement: 0.995,
};

/** Two normal variables become one: Box and Muller's method. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

const NAMES = ['class 0', 'class 1', 'class 2', 'class 3', 'class 4'];

function pickClass(classes: readonly number[], at: number): string {
  let rest = at;
  let index = 0;
  for (const share of classes) {
    rest -= share;
    if (rest < 0) break;
    index++;
  }
  return NAMES[index] ?? 'none';
}

/** Requests that know nothing of each other; log-normal latencies with σ = 0.5. */
export function independent(canary: Partial<Behaviour> = {}, stable: Partial<Behaviour> = {}) {
  const arms = { stable: { ...USUAL, ...stable }, canary: { ...USUAL, ...stable, ...canary } };
  return (random: Random): World =>
    (isCanary) => {
      const { errorRate, slowdown, classes, success, agreement } = isCanary ? arms.canary : arms.stable;
      const failed = random.chance(errorRate);
      const latencyMs = 20 * slowdown * Math.exp(0.5 * normal(random));
      const answer = pickClass(classes, random.next());
      return {
        failed,
        latencyMs: failed ? undefined : latencyMs,
        answer: failed ? undefined : answer,
        outcome: random.chance(success) ? 1 : 0,
        agrees: random.chance(agreement),
      };
    };
}

/** Load that rises and falls, and outages: errors, latencies and answers of all requests depend on those before. */
export function stormy(random: Random): World {
  let load = 0;
  let outage = 0;
  const calm = independent()(random);
  return (isCanary, index) => {
    load = 0.999 * load + 0.045 * normal(random);
    if (outage > 0) outage--;
    else if (random.chance(0.0003)) outage = random.integer(20, 2_000);
    const { failed, latencyMs = 20, answer, outcome, agrees } = calm(isCanary, index);
    if (failed || (outage > 0 && random.chance(0.7))) {
      return { failed: true, latencyMs: undefined, answer: undefined, outcome: 0, agrees };
    }
    const loaded = load > 0.5 && random.chance(0.5) ? 'class 4' : answer;
    return { failed, latencyMs: latencyMs * Math.exp(1.5 * load), answer: loaded, outcome, agrees };
  };
}

/** What was recorded, from a place that chance has chosen: the whole of it, over and over. */
export function recorded(latenciesMs: readonly number[]) {
  return (random: Random): World => {
    const start = random.integer(0, latenciesMs.length - 1);
    const calm = independent()(random);
    return (isCanary, index) => {
      const { failed, answer, outcome, agrees } = calm(isCanary, index);
      const latencyMs = failed ? undefined : latenciesMs[(start + index) % latenciesMs.length];
      return { failed, latencyMs, answer, outcome, agrees };
    };
  };
}
