import { createJudge, type JudgeOptions, type Observation, type VerdictKind } from '../../src/rollouts/judge/index.js';
import { Random } from '../support/random.js';

/** What becomes of a request. */
export interface Happened extends Pick<Observation, 'failed' | 'latencyMs' | 'answer' | 'score' | 'vector'> {
  /** What comes of it, 0 to 1. */
  readonly outcome: number;
  /** Whether what the shadow answers agrees. */
  readonly agrees: boolean;
}

/** A request of a rollout: which arm it goes to, how many there were before, when it ends and whose it is (0 where users do not matter). */
export interface Asked {
  readonly isCanary: boolean;
  readonly index: number;
  readonly atMs: number;
  readonly user: number;
}

/** What becomes of the requests of a rollout, one behind the other. */
export type World = (asked: Asked) => Happened;

export interface Plan {
  /** The same seed is the same rollout. */
  readonly seed: number;
  readonly world: (random: Random) => World;
  /** Canary's share of the requests, also by how many there were. */
  readonly share: number | ((index: number) => number);
  /** So many users, each of whom stays with the arm that chance has given to them; undefined = each request is assigned for itself. */
  readonly users?: number;
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
  const choose = assignmentOf(random.fork(), plan.users);
  const happens = world(random.fork());
  const judge = createJudge(options);
  const isOver = (index: number, canary: number) => ('canary' in until ? canary >= until.canary : index >= until.all);
  let canary = 0;
  for (let index = 0; !isOver(index, canary); index++) {
    const current = typeof share === 'number' ? share : share(index);
    const { isCanary, user, key } = choose(current);
    if (isCanary) canary++;
    const arm = isCanary ? 'canary' : 'stable';
    const atMs = (index * 1000) / requestsPerSecond;
    const { failed, latencyMs, answer, score, vector, outcome, agrees } = happens({ isCanary, index, atMs, user });
    judge.observe({ arm, share: current, atMs, failed, latencyMs, answer, score, vector, key });
    // One request in eight has an outcome, and one in eight is copied to the shadow.
    if (index % 8 === 0) judge.observeOutcome({ arm, share: current, value: outcome, key });
    if (index % 8 === 1) judge.observeAgreement(agrees);
    if (judge.isWorse()) {
      const by = judge.verdict().metrics.find(({ kind }) => kind === 'worse')?.name;
      return { kind: 'worse', by, canary };
    }
    if (endsWhenFine && index % 64 === 0 && judge.verdict().kind === 'fine') break;
  }
  return { kind: judge.verdict().kind, by: undefined, canary };
}

interface Assigned {
  readonly isCanary: boolean;
  readonly user: number;
  readonly key: number | undefined;
}

/** Whose the next request is, and its arm at a share. */
function assignmentOf(random: Random, users: number | undefined): (share: number) => Assigned {
  if (users === undefined) return (share) => ({ isCanary: random.chance(share), user: 0, key: undefined });
  const ofUsers = Array.from({ length: users }, () => ({ place: random.next(), key: random.integer(0, 0xffff_ffff) }));
  return (share) => {
    // Some ask much more often than others.
    const user = Math.floor(users * random.next() ** 2);
    const { place, key } = ofUsers[user] ?? { place: 1, key: 0 };
    return { isCanary: place < share, user, key };
  };
}
