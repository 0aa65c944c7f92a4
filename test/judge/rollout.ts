import { createJudge, type JudgeOptions, type Observation, type VerdictKind } from '../../src/rollouts/judge/index.js';
import { Random } from '../support/random.js';

/** What a request brings, whichever arm it goes to; `isCanary` makes of it what canary would. */
export type Outcome = Pick<Observation, 'failed' | 'latencyMs' | 'answer'>;
export type World = (random: Random, isCanary: boolean, index: number) => Outcome;

export interface Simulated {
  readonly kind: VerdictKind;
  /** Requests of canary until then. */
  readonly canary: number;
}

/** A rollout whose judge is asked after every request, until it knows that canary is worse. */
export function simulate(
  world: World,
  plan: {
    readonly seed: number;
    /** Canary's share, after so many requests. */
    readonly share: number | ((index: number) => number);
    readonly requestsPerSecond?: number;
    readonly until: { readonly canary: number } | { readonly requests: number };
    readonly options?: JudgeOptions;
  },
): Simulated {
  const random = new Random(plan.seed);
  const judge = createJudge(plan.options);
  const isOver = (index: number, canary: number) =>
    'canary' in plan.until ? canary >= plan.until.canary : index >= plan.until.requests;
  let canary = 0;
  for (let index = 0; !isOver(index, canary); index++) {
    const share = typeof plan.share === 'number' ? plan.share : plan.share(index);
    const isCanary = random.next() < share;
    if (isCanary) canary++;
    const atMs = (index * 1000) / (plan.requestsPerSecond ?? 200);
    judge.observe({ arm: isCanary ? 'canary' : 'stable', share, atMs, ...world(random, isCanary, index) });
    if (judge.isWorse()) return { kind: 'worse', canary };
  }
  return { kind: judge.verdict().kind, canary };
}
