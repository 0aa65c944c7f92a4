import { createJudge, type JudgeOptions, type Observation, type VerdictKind } from '../../src/rollouts/judge/index.js';
import { Random } from '../support/random.js';

/** What becomes of a request. */
export interface Happened extends Pick<Observation, 'failed' | 'latencyMs' | 'answer'> {
  /** What comes of it, 0 to 1. */
  readonly outcome: number;
  /** Whether what the shadow answers agrees. */
  readonly agrees: boolean;
}

/** What becomes of the requests of a rollout, one behind the other, if they go to that arm. */
export type World = (isCanary: boolean, index: number) => Happened;

export interface Plan {
  /** The same seed is the same rollout. */
  readonly seed: number;
  readonly world: (random: Random) => World;
  /** Canary's share of the requests, also by how many there were. */
  readonly share: number | ((index: number) => number);
  readonly requestsPerSecond?: number;
  /** It ends after so many requests of canary, or of all. */
  readonly until: { readonly canary: number } | { readonly all: number };
  readonly options?: JudgeOptions;
  /** It ends as soon as canary is fine, too. */
  readonly endsWhenFine?: boolean;
}

export interface Simulated {
  readonly kind: VerdictKind;
  /** The metric that was worse. */
  readonly by: string | undefined;
  /** Requests of canary until then. */
  readonly canary: number;
}

/** All metrics, with defaults. */
export const ALL_METRICS: JudgeOptions = { outcomes: {}, agreement: {} };

/** A rollout whose judge is asked after every request, until it knows that canary is worse. */
export function simulate({ seed, world, share, requestsPerSecond = 200, until, ...plan }: Plan): Simulated {
  const { options = ALL_METRICS, endsWhenFine = false } = plan;
  const random = new Random(seed);
  const deal = random.fork();
  const happens = world(random.fork());
  const judge = createJudge(options);
  const isOver = (index: number, canary: number) => ('canary' in until ? canary >= until.canary : index >= until.all);
  let canary = 0;
  for (let index = 0; !isOver(index, canary); index++) {
    const current = typeof share === 'number' ? share : share(index);
    const isCanary = deal.chance(current);
    if (isCanary) canary++;
    const arm = isCanary ? 'canary' : 'stable';
    const { failed, latencyMs, answer, outcome, agrees } = happens(isCanary, index);
    const atMs = (index * 1000) / requestsPerSecond;
    judge.observe({ arm, share: current, atMs, failed, latencyMs, answer });
    // One request in eight has an outcome, and one in eight is copied to the shadow.
    if (index % 8 === 0) judge.observeOutcome({ arm, share: current, value: outcome });
    if (index % 8 === 1) judge.observeAgreement(agrees);
    if (judge.isWorse()) {
      const by = judge.verdict().metrics.find(({ kind }) => kind === 'worse')?.name;
      return { kind: 'worse', by, canary };
    }
    if (endsWhenFine && index % 64 === 0 && judge.verdict().kind === 'fine') break;
  }
  return { kind: judge.verdict().kind, by: undefined, canary };
}
