import type { VectorSketch } from '../../src/rollouts/judge/index.js';
import { Random } from '../support/random.js';
import type { World } from './rollout.js';

/** How often an arm fails, by how much slower it is than the median of 20 ms, and how often it answers what. */
export interface Behaviour {
  readonly errorRate: number;
  readonly slowdown: number;
  /** Of the slowest tenth; undefined = the same. The others then never take longer than that begins with. */
  readonly tailSlowdown: number | undefined;
  /** Of the classes, most frequent first. */
  readonly classes: readonly number[];
  /** Of outcomes that are 1; the others are 0. */
  readonly success: number;
  readonly agreement: number;
}

export const USUAL: Behaviour = {
  errorRate: 0.01,
  slowdown: 1,
  tailSlowdown: undefined,
  classes: [0.6, 0.25, 0.1, 0.04, 0.01],
  success: 0.2,
  agreement: 0.995,
};

/** Two normal variables become one: Box and Muller's method. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

const NAMES = Array.from({ length: 1_000 }, (_, index) => `class ${index}`);

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

const SIGMA = 0.5;
/** Where the slowest tenth begins, in standard deviations. */
const NINETY = 1.2816;
const TAIL_MS = 20 * Math.exp(SIGMA * NINETY);

function latencyOf(z: number, slowdown: number, tailSlowdown: number | undefined): number {
  const usualMs = 20 * Math.exp(SIGMA * z);
  if (tailSlowdown === undefined) return usualMs * slowdown;
  return z > NINETY ? usualMs * tailSlowdown : Math.min(usualMs * slowdown, TAIL_MS * tailSlowdown);
}

/** Requests that know nothing of each other; log-normal latencies with σ = 0.5. */
export function independent(canary: Partial<Behaviour> = {}, stable: Partial<Behaviour> = {}) {
  const arms = { stable: { ...USUAL, ...stable }, canary: { ...USUAL, ...stable, ...canary } };
  return (random: Random): World =>
    ({ isCanary }) => {
      const { errorRate, slowdown, tailSlowdown, classes, success, agreement } = isCanary ? arms.canary : arms.stable;
      const failed = random.chance(errorRate);
      const z = normal(random);
      const latencyMs = latencyOf(z, slowdown, tailSlowdown);
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
  return (asked) => {
    load = 0.999 * load + 0.045 * normal(random);
    if (outage > 0) outage--;
    else if (random.chance(0.0003)) outage = random.integer(20, 2_000);
    const { failed, latencyMs = 20, answer, outcome, agrees } = calm(asked);
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
    return (asked) => {
      const { failed, answer, outcome, agrees } = calm(asked);
      const latencyMs = failed ? undefined : latenciesMs[(start + asked.index) % latenciesMs.length];
      return { failed, latencyMs, answer, outcome, agrees };
    };
  };
}

/** Each version has a process that stops now and then (it collects garbage, it is started again): what it has at that time is late, or fails. */
export function stalling(random: Random): World {
  const calm = independent()(random);
  const stallOf = () => ({ fromMs: random.next() * 10_000, forMs: 0, fails: false });
  const stalls = { stable: stallOf(), canary: stallOf() };
  return (asked) => {
    const { isCanary, atMs } = asked;
    const stall = isCanary ? stalls.canary : stalls.stable;
    if (atMs >= stall.fromMs + stall.forMs) {
      stall.fromMs = atMs - 10_000 * Math.log(1 - random.next());
      stall.forMs = random.integer(20, 200);
      stall.fails = random.chance(0.2);
    }
    const seen = calm(asked);
    if (atMs < stall.fromMs || seen.latencyMs === undefined) return seen;
    if (stall.fails) return { ...seen, failed: true, latencyMs: undefined, answer: undefined };
    return { ...seen, latencyMs: seen.latencyMs + stall.fromMs + stall.forMs - atMs };
  };
}

/** Users of whom each has errors, latencies and answers of their own, as what they send differs. */
export function ofUsers(canary: Partial<Behaviour> = {}) {
  return (random: Random): World => {
    const seed = random.integer(0, 0xffff_ffff);
    const calm = independent(canary)(random);
    return (asked) => {
      const own = new Random(seed ^ Math.imul(asked.user + 1, 0x9e37_79b1));
      const [isBroken, pace, favourite] = [own.chance(0.02), Math.exp(normal(own)), own.integer(0, 4)];
      const { failed, latencyMs, answer, outcome, agrees } = calm(asked);
      if (failed || (isBroken && random.chance(0.7))) {
        return { failed: true, latencyMs: undefined, answer: undefined, outcome: 0, agrees };
      }
      const ownAnswer = random.chance(0.5) ? NAMES[favourite] : answer;
      return { failed, latencyMs: latencyMs && latencyMs * pace, answer: ownAnswer, outcome, agrees };
    };
  };
}

/** Many classes, all as frequent; canary gives only some of them. */
export function manyClasses(count: number, given: (index: number) => boolean = () => true) {
  const all = Array.from({ length: count }, (_, index) => index);
  const some = all.filter(given);
  return (random: Random): World => {
    const calm = independent()(random);
    return (asked) => {
      const { failed, latencyMs, outcome, agrees } = calm(asked);
      const answer = failed ? undefined : NAMES[random.pick(asked.isCanary ? some : all)];
      return { failed, latencyMs, answer, outcome, agrees };
    };
  };
}

/** Answers that are numbers; canary's may be larger, or spread more. */
export function scores({ shift = 0, spread = 1 }: { readonly shift?: number; readonly spread?: number } = {}) {
  return (random: Random): World => {
    const calm = independent()(random);
    return (asked) => {
      const { failed, latencyMs, outcome, agrees } = calm(asked);
      const number = normal(random);
      const score = failed ? undefined : asked.isCanary ? shift + spread * number : number;
      return { failed, latencyMs, answer: failed ? undefined : 'a number', score, outcome, agrees };
    };
  };
}

/** Answers that are vectors around a mean; some of canary's may be around another one, or all the same. */
export function vectors({ turned = 0, constant = 0 }: { readonly turned?: number; readonly constant?: number } = {}) {
  return (random: Random): World => {
    const calm = independent()(random);
    const sketch = (isTurned: boolean): VectorSketch => {
      const noise = () => 0.5 * normal(random);
      const values = [isTurned ? noise() : 2 + noise(), isTurned ? 2 + noise() : noise(), noise(), noise()];
      const size = Math.hypot(...values);
      return { size, direction: values.map((value) => value / size) };
    };
    return (asked) => {
      const { failed, latencyMs, outcome, agrees } = calm(asked);
      const isConstant = asked.isCanary && random.chance(constant);
      const vector = isConstant
        ? { size: 1, direction: [0.5, 0.5, 0.5, 0.5] }
        : sketch(asked.isCanary && random.chance(turned));
      const answer = failed ? undefined : 'a vector';
      return { failed, latencyMs, answer, vector: failed ? undefined : vector, outcome, agrees };
    };
  };
}
