import { describe, expect, it } from 'vitest';
import { type Plan, simulate } from '../../../test/judge/rollout.js';
import { independent, stormy } from '../../../test/judge/worlds.js';
import { Random } from '../../../test/support/random.js';
import { createJudge, type Observation } from './index.js';

const AT_5_PERCENT = { share: 0.05, until: { canary: 3_000 } };

/** What the rollouts with the seeds 0 to 9 are rolled back for. */
function rolledBackBy(plan: Omit<Plan, 'seed'>): readonly (string | undefined)[] {
  return Array.from({ length: 10 }, (_, seed) => simulate({ ...plan, seed }).by);
}

const TENFOLD = (name: string) => Array.from({ length: 10 }, () => name);

describe('with all metrics', () => {
  it.each([
    ['latency', { slowdown: 1.4 }],
    ['answers', { classes: [0.4, 0.45, 0.1, 0.04, 0.01] }],
    ['outcomes', { success: 0.02 }],
    ['agreement', { agreement: 0.96 }],
  ] as const)('canary is rolled back for its %s', (name, canary) => {
    const stable = name === 'agreement' ? canary : {};
    expect(rolledBackBy({ ...AT_5_PERCENT, world: independent(canary, stable) })).toEqual(TENFOLD(name));
  });

  it('a canary that is better in all of them is not rolled back', () => {
    const better = { errorRate: 0, slowdown: 0.7, success: 0.4, agreement: 1 };
    expect(rolledBackBy({ ...AT_5_PERCENT, world: independent(better) })).toEqual(Array(10).fill(undefined));
  });
});

it('a canary that is like stable is not rolled back for storms that hit both, at any step', () => {
  const share = (index: number) => [0.01, 0.05, 0.25][Math.floor(index / 5_000)] ?? 0.5;
  expect(rolledBackBy({ share, until: { all: 20_000 }, world: stormy })).toEqual(Array(10).fill(undefined));
});

it('a canary is not rolled back for what takes no time to speak of', () => {
  const seen = (canaryMs: number, spreadMs: number) => {
    const random = new Random(1);
    const judge = alternate(6_400, (arm) => ({
      latencyMs: (arm === 'canary' ? canaryMs : 0.11) + random.next() * spreadMs,
    }));
    return judge.verdict().metrics.find(({ name }) => name === 'latency')?.kind;
  };
  expect([seen(0.9, 0.3), seen(3, 3)]).toEqual(['fine', 'worse']);
});

it('a canary that takes twice as long is rolled back where latencies hardly vary, also with half of the requests', () => {
  const judge = alternate(1_000, (arm) => ({ latencyMs: arm === 'canary' ? 20 : 10 }));
  expect(judge.verdict().metrics.find(({ name }) => name === 'latency')?.kind).toBe('worse');
});

const SEEN = { share: 0.5, failed: false, latencyMs: 5, answer: 'cat' } as const;

/** Requests of both versions by turns, 10 ms apart. */
function alternate(count: number, what: (arm: Observation['arm'], index: number) => Partial<Observation>) {
  const judge = createJudge({ outcomes: {}, agreement: {} });
  for (let index = 0; index < count; index++) {
    const arm = index % 2 === 0 ? 'stable' : 'canary';
    judge.observe({ arm, ...SEEN, atMs: index * 10, ...what(arm, index) });
  }
  return judge;
}

const sentences = (judge: ReturnType<typeof createJudge>) => judge.verdict().metrics.map(({ sentence }) => sentence);

describe('sentences', () => {
  it('say what is not known yet', () => {
    expect(sentences(alternate(2, () => ({})))).toEqual([
      'errors: not enough requests of both versions yet',
      'latency: not enough answers of both versions yet',
      'answers: not enough of both versions yet',
      'outcomes: not enough of both versions yet',
      'agreement: no answer of the shadow has been compared yet',
    ]);
  });

  it('name what cannot be judged, which is no reason to call a version fine', () => {
    const judge = alternate(3_200, () => ({ latencyMs: undefined, answer: undefined }));
    expect(judge.verdict().kind).toBe('open');
    expect(sentences(judge).slice(0, 3)).toEqual([
      "errors: 0 % of canary's 1,600 requests failed, 0 % of stable's; evidence 1 of the 120 that roll back",
      'latency: not judged: no answer has a compute time',
      'answers: not judged: no answer is a class, a number or a vector',
    ]);
  });

  it('say what was measured, what that is compared with and how far it is from fine', () => {
    const judge = alternate(640, (arm, index) => ({
      latencyMs: arm === 'canary' ? 5.2 : 5,
      answer: arm === 'canary' && index % 4 === 1 ? 'dog' : 'cat',
    }));
    for (let index = 0; index < 128; index++) {
      const arm = index % 2 === 0 ? 'stable' : 'canary';
      judge.observeOutcome({ arm, share: 0.5, value: arm === 'canary' ? 0.25 : 0.5 });
      judge.observeAgreement(index % 64 !== 0);
    }
    expect(sentences(judge)).toMatchInlineSnapshot(`
      [
        "errors: 0 % of canary's 320 requests failed, 0 % of stable's; evidence 1 of the 120 that roll back",
        "latency: 0 % of canary's 320 answers were late (over 6 ms, that is stable's p95 plus tolerance), 0 % of stable's (over 5 ms, its p95); evidence 1 of the 120 that roll back",
        "answers differ: 50 % of canary's 320 were 'cat', 100 % of stable's; evidence 239: chance alone reaches 120 in at most 1 of 120 rollouts",
        "outcomes: 0.25 on average of canary's 64, 0.5 of stable's; evidence 16 of the 120 that roll back; not fine while the difference stays as large",
        "agreement: 98 % of 128 compared answers agree, at least 99 % should; evidence 3.9 of the 120 that roll back; about 7,700 more compared answers until it is fine",
      ]
    `);
  });

  it('say that a median is slower, and what is late', () => {
    const slow = alternate(1_000, (arm, index) => ({ latencyMs: (arm === 'canary' ? 20 : 10) + (index % 20) / 10 }));
    const late = alternate(1_000, (arm, index) => ({
      latencyMs: 10 + (index % 20) / 100 + (arm === 'canary' && index % 3 === 0 ? 30 : 0),
    }));
    expect([slow, late].map((judge) => sentences(judge)[1])).toMatchInlineSnapshot(`
      [
        "latency is worse: 93 % of canary's 500 answers were slower than usual (over 12 ms, that is stable's median plus tolerance), 44 % of stable's (over 11 ms, its median); evidence 16,384: chance alone reaches 120 in at most 1 of 120 rollouts",
        "latency is worse: 31 % of canary's 500 answers were late (over 11 ms, that is stable's p95 plus tolerance), 0 % of stable's (over 10 ms, its p95); evidence 8,192: chance alone reaches 120 in at most 1 of 120 rollouts",
      ]
    `);
  });

  it('say which answers differ: rare classes, numbers and vectors', () => {
    const random = new Random(1);
    const rare = alternate(3_200, (arm) => ({
      answer: `class ${arm === 'canary' ? 2 * random.integer(0, 19) : random.integer(0, 39)}`,
    }));
    const numbers = alternate(1_600, (arm) => ({
      answer: 'a number',
      score: random.next() + (arm === 'canary' ? 0.5 : 0),
    }));
    const vectors = alternate(1_600, (arm) => {
      const angle = random.next() + (arm === 'canary' ? 1 : 0);
      return { answer: 'a vector', vector: { size: 1, direction: [Math.cos(angle), Math.sin(angle)] } };
    });
    expect([rare, numbers, vectors].map((judge) => sentences(judge)[2])).toMatchInlineSnapshot(`
      [
        "answers differ: 95 % of canary's 1,600 were answers that it gives more often than stable, 49 % of stable's; evidence over 1,000,000: chance alone reaches 120 in at most 1 of 120 rollouts",
        "answers differ: 2 % of canary's 800 were numbers below the median of stable's, 49 % of stable's; evidence 841,090: chance alone reaches 120 in at most 1 of 120 rollouts",
        "answers differ: 0 % of canary's 800 were vectors with a distance from stable's mean below the median of stable's, 45 % of stable's; evidence 234,849: chance alone reaches 120 in at most 1 of 120 rollouts",
      ]
    `);
  });
});

describe('answers', () => {
  const kindOf = (answerOf: (arm: Observation['arm'], index: number) => Partial<Observation>, count = 3_200) =>
    alternate(count, answerOf).verdict().metrics[2];

  it('that go beyond the first fifteen classes are told apart', () => {
    const judge = alternate(6_400, (arm, index) => ({
      answer: index < 60 ? `class ${index >> 1}` : arm === 'canary' ? `new ${index % 40}` : 'class 0',
    }));
    expect(judge.verdict()).toMatchObject({ kind: 'worse' });
    expect(JSON.stringify(judge.snapshot()).length).toBeLessThan(32_768);
  });

  it('of a canary that never gives half of two hundred classes differ', () => {
    const random = new Random(1);
    const all = (arm: Observation['arm']) =>
      `class ${arm === 'canary' ? 2 * random.integer(0, 99) : random.integer(0, 199)}`;
    expect(kindOf((arm) => ({ answer: all(arm) }))?.kind).toBe('worse');
    expect(kindOf(() => ({ answer: all('stable') }))?.kind).toBe('fine');
  });

  it('that are alike are fine, whether they are numbers or vectors', () => {
    const random = new Random(1);
    const vector = () => ({ size: 1 + random.next(), direction: [Math.cos(random.next()), Math.sin(random.next())] });
    expect(kindOf(() => ({ answer: 'a number', score: random.next() }))?.kind).toBe('fine');
    expect(kindOf(() => ({ answer: 'a vector', vector: vector() }))?.kind).toBe('fine');
  });

  it('that are the same number are told apart from another one, whichever is larger', () => {
    for (const score of [0.4, 0.6]) {
      const constant = kindOf((arm) => ({ answer: 'a number', score: arm === 'canary' ? score : 0.5 }));
      expect(constant?.kind).toBe('worse');
    }
  });

  it('are not judged where too many of them are nothing to compare, or too many differ', () => {
    const few = kindOf((_arm, index) => ({ answer: index % 8 < 2 ? undefined : 'cat' }));
    expect(few).toMatchObject({
      kind: 'open',
      sentence: 'answers: not judged: 25 % of answers are no class, number or vector',
    });
    const many = kindOf((_arm, index) => ({ answer: `text ${index}` }), 6_400);
    expect(many).toMatchObject({
      kind: 'open',
      sentence: 'answers: not judged: more than 2,000 different answers cannot be told apart',
    });
  });
});
