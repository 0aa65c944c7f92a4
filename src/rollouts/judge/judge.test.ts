import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Plan, simulate } from '../../../test/judge/rollout.js';
import { independent, ofUsers } from '../../../test/judge/worlds.js';
import { createJudge, type Judge, type Observation, type VerdictKind } from './index.js';

interface Feed {
  /** Whether a request of the arm fails. */
  readonly stable: () => boolean;
  readonly canary: () => boolean;
  readonly every?: number;
}

/** Requests one behind the other, 10 ms apart, each `every`-th of them canary's. */
function feed(judge: Judge, count: number, { every = 10, ...arms }: Feed) {
  for (let index = 0; index < count; index++) {
    const arm = index % every === every - 1 ? 'canary' : 'stable';
    const failed = arms[arm]();
    const latencyMs = failed ? undefined : 5;
    judge.observe({ arm, share: 1 / every, atMs: index * 10, failed, latencyMs, answer: undefined });
  }
}

const never = () => false;
const always = () => true;

/** How many of the rollouts with the seeds 0, 1, … end with that verdict. */
function count(kind: VerdictKind, runs: number, plan: Omit<Plan, 'seed'>): number {
  return Array.from({ length: runs }, (_, seed) => simulate({ ...plan, seed })).filter((each) => each.kind === kind)
    .length;
}

describe('errors', () => {
  it('are not known before there were requests of both versions', () => {
    const verdict = createJudge().verdict();
    expect(verdict.kind).toBe('open');
    expect(verdict.sentence).toBe(
      'errors: not enough requests of both versions yet; latency: not enough answers of both versions yet; answers: not enough of both versions yet',
    );
  });

  it('are found where canary has more of them, and only there', () => {
    const plan = { share: 0.05, until: { canary: 4_000 }, options: { latency: false, answers: false } } as const;
    expect(count('worse', 10, { ...plan, world: independent({ errorRate: 0.02 }) })).toBeGreaterThanOrEqual(9);
    expect(count('worse', 10, { ...plan, world: independent() })).toBe(0);
    expect(count('worse', 10, { ...plan, world: independent({ errorRate: 0.001 }) })).toBe(0);
  });

  it('are fine once the bounds of the difference are within the margin', () => {
    const judge = createJudge({ latency: false, answers: false });
    feed(judge, 1_000, { stable: never, canary: never });
    expect(judge.verdict()).toMatchObject({ kind: 'open' });
    feed(judge, 2_000, { stable: never, canary: never });
    const { kind, sentence, metrics } = judge.verdict();
    expect(kind).toBe('fine');
    const errors = "errors: 0 % of canary's 300 requests failed, 0 % of stable's; evidence 1 of the 40 that roll back";
    expect(metrics[0]?.sentence).toBe(errors);
    expect(sentence).toBe(metrics.map((metric) => metric.sentence).join('; '));
    expect(metrics[0]?.difference?.high).toBeLessThan(0.02);
  });

  it('of nearly all requests are found at once, and stay found', () => {
    const judge = createJudge();
    feed(judge, 64, { stable: never, canary: always, every: 2 });
    expect(judge.verdict()).toMatchObject({
      kind: 'worse',
      sentence:
        'errors are worse: canary failed 32 of 32 requests, stable 0 of 32 at the same time; more than 50 % is rolled back at once',
    });
    feed(judge, 10_000, { stable: never, canary: never });
    expect(judge.isWorse()).toBe(true);
  });

  it('of nearly all requests of both are no reason', () => {
    const judge = createJudge();
    feed(judge, 10_000, { stable: always, canary: always });
    expect(judge.isWorse()).toBe(false);
  });

  it('are judged by the limit alone where stable has no requests any more', () => {
    const judge = createJudge();
    const observe = (failed: boolean, atMs: number) =>
      judge.observe({ arm: 'canary', share: 1, atMs, failed, latencyMs: undefined, answer: undefined });
    for (let index = 0; index < 64; index++) observe(index % 2 === 0, index * 10);
    expect(judge.isWorse()).toBe(false);
    for (let index = 0; index < 64; index++) observe(index > 20, 640 + index * 10);
    expect(judge.verdict().sentence).toBe(
      'errors are worse: canary failed 43 of 64 requests; more than 50 % is rolled back at once',
    );
  });
});

const observation: fc.Arbitrary<Observation> = fc.record({
  arm: fc.constantFrom('stable', 'canary'),
  share: fc.constantFrom(0.05, 0.25, 0.5, 1),
  atMs: fc.nat(3_000),
  failed: fc.boolean(),
  latencyMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
  answer: fc.option(fc.stringMatching(/^[a-z]{1,2}$/), { nil: undefined }),
  score: fc.option(fc.double({ min: -10, max: 10, noNaN: true }), { nil: undefined }),
  vector: fc.option(fc.record({ size: fc.nat(9), direction: fc.constantFrom([1, 0], [0, -1], [0, 0]) }), {
    nil: undefined,
  }),
  key: fc.option(fc.nat(0xffff_ffff), { nil: undefined }),
});

const tell = (judge: Judge, each: Observation) => {
  judge.observe(each);
  judge.observeOutcome({ arm: each.arm, share: each.share, value: each.atMs / 2_000, key: each.key });
  judge.observeAgreement(each.failed);
};

it('goes on from a snapshot of at most 160 kilobytes as if it had not stopped', () => {
  const options = { outcomes: {}, agreement: {} };
  const property = fc.property(fc.array(observation, { maxLength: 600, size: 'max' }), fc.nat(), (all, cut) => {
    const at = cut % (all.length + 1);
    const whole = createJudge(options);
    for (const each of all) tell(whole, each);
    const first = createJudge(options);
    for (const each of all.slice(0, at)) tell(first, each);
    const kept = JSON.stringify(first.snapshot());
    expect(kept.length).toBeLessThan(160_000);
    const second = createJudge(options, JSON.parse(kept));
    for (const each of all.slice(at)) tell(second, each);
    expect(second.snapshot()).toEqual(whole.snapshot());
    expect(second.verdict()).toEqual(whole.verdict());
  });
  fc.assert(property, { numRuns: 15 });
});

it('begins anew where it cannot go on from a snapshot', () => {
  const judge = createJudge();
  feed(judge, 640, { stable: never, canary: always });
  expect(createJudge({}, judge.snapshot()).isWorse()).toBe(true);
  expect(createJudge({ errorBudget: 0.01 }, judge.snapshot()).isWorse()).toBe(false);
  expect(createJudge({}, { ...judge.snapshot(), format: 0 }).isWorse()).toBe(false);
});

describe('whatever is asked for and happens', () => {
  const share = fc.constantFrom(0, 1e-9, 0.5, 1);
  const factor = fc.constantFrom(1, 1.0001, 1_000);
  const options = fc.record({
    errorBudget: fc.constantFrom(0.000001, 0.05, 0.5),
    errors: fc.record({ tolerance: factor, margin: share, limit: share }),
    latency: fc.record({ quantile: share, tolerance: factor, floorMs: fc.constantFrom(0, 1e6), margin: share }),
    answers: fc.record({ tolerance: factor, margin: share }),
    outcomes: fc.record({ margin: share }),
    agreement: fc.record({ minimum: share, margin: share }),
  });

  it('all numbers of the verdict are numbers', () => {
    const property = fc.property(options, fc.array(observation, { minLength: 200, maxLength: 400 }), (given, all) => {
      const judge = createJudge(given);
      for (const each of all) tell(judge, each);
      for (const { stable = 0, canary = 0, difference, evidence } of judge.verdict().metrics) {
        const numbers = [stable, canary, difference?.low, difference?.high, evidence];
        expect(numbers.filter((each) => !Number.isFinite(each))).toEqual([]);
      }
    });
    fc.assert(property, { numRuns: 30 });
  });
});

describe('keys', () => {
  /** Ten users, of whom one is slow and gets another answer than all others, whichever version has him. */
  const users = (hasKeys: boolean) => {
    const judge = createJudge();
    for (let index = 0; index < 20_000; index++) {
      const user = index % 10;
      const isOdd = user === 7;
      judge.observe({
        arm: isOdd ? 'canary' : 'stable',
        share: 0.1,
        atMs: index,
        failed: false,
        latencyMs: isOdd ? 90 : 20,
        answer: isOdd ? 'dog' : 'cat',
        key: hasKeys ? Math.imul(user, 0x9e3779b1) : undefined,
      });
    }
    return judge;
  };

  it('count once each, so that one user is no reason', () => {
    expect([users(false).isWorse(), users(true).isWorse()]).toEqual([true, false]);
    expect(users(true).verdict().metrics[0]?.observations).toEqual({ stable: 9, canary: 1 });
  });

  it('are enough for a rollback where canary fails 30 % of the requests of 200 users', () => {
    const plan = { share: 0.5, users: 200, until: { canary: 2_500 }, world: ofUsers({ errorRate: 0.3 }), options: {} };
    expect(count('worse', 10, plan)).toBe(10);
    expect(count('worse', 10, { ...plan, world: ofUsers() })).toBe(0);
  });

  it('of stable count again when the share rises, those of canary do not', () => {
    const judge = createJudge();
    const seen = [0.1, 0.5].map((share) => {
      for (let user = 0; user < 100; user++) {
        const arm = user < share * 100 ? 'canary' : 'stable';
        judge.observe({ arm, share, atMs: user, failed: false, latencyMs: 5, answer: 'cat', key: user * 7 });
      }
      return judge.verdict().metrics[0]?.observations;
    });
    expect(seen).toEqual([
      { stable: 90, canary: 10 },
      { stable: 140, canary: 50 },
    ]);
  });

  it('whose later requests fail more often keep canary from being fine', () => {
    const judge = createJudge({ latency: false, answers: false });
    // Of 2,000 users one of canary's comes again and again, and fails from then on.
    for (let index = 0; index < 6_000; index++) {
      const user = index < 4_000 ? index % 2_000 : 1;
      const arm = user % 2 === 0 ? 'stable' : 'canary';
      const failed = index >= 4_000 && index % 2 === 0;
      judge.observe({ arm, share: 0.5, atMs: index * 10, failed, latencyMs: 5, answer: undefined, key: user * 8_191 });
      const again = { arm: 'stable', share: 0.5, atMs: index * 10, latencyMs: 5, answer: undefined, key: 0 } as const;
      if (index >= 4_000) judge.observe({ ...again, failed: false });
    }
    expect(judge.verdict()).toMatchObject({
      kind: 'open',
      sentence: expect.stringMatching(
        /^errors: not judged: \d+ % of all requests of canary's users failed, 0 % of stable's, but not those of enough users to know whose fault that is$/,
      ),
    });
  });

  it('that chance does not assign for now are seen by the guard rail alone', () => {
    const judge = createJudge();
    const still = { share: 0.5, failed: true, latencyMs: undefined, answer: undefined, isAssigned: false } as const;
    for (let index = 0; index < 640; index++) judge.observe({ arm: 'canary', atMs: index * 10, key: index, ...still });
    expect(judge.verdict().metrics[0]?.observations).toEqual({ stable: 0, canary: 0 });
    expect(judge.verdict().sentence).toBe(
      'errors are worse: canary failed 64 of 64 requests; more than 50 % is rolled back at once',
    );
  });

  it('do not keep the guard rail from seeing what most requests do', () => {
    const judge = createJudge();
    for (let index = 0; index < 2_000; index++) {
      const arm = index % 10 === 0 ? 'canary' : 'stable';
      const failed = arm === 'canary';
      judge.observe({ arm, share: 0.1, atMs: index, failed, latencyMs: undefined, answer: undefined, key: index % 10 });
    }
    expect(judge.verdict().sentence).toContain('more than 50 % is rolled back at once');
  });
});
