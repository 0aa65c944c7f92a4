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

  it('say nothing of what there is not', () => {
    const judge = alternate(640, () => ({ latencyMs: undefined, answer: undefined }));
    expect(judge.verdict().metrics.map(({ name }) => name)).toEqual(['errors', 'outcomes', 'agreement']);
  });

  it('say what was measured', () => {
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
        "errors: 0 % of canary's 320 requests failed, 0 % of stable's: evidence 1 of 120",
        "latency: 0 % of canary's 320 answers were late (over 5.8 ms), 10 % of stable's (over 4.8 ms): evidence 1 of 120",
        "answers: 50 % of canary's 320 were 'cat', 100 % of stable's: evidence 342 of 120",
        "outcomes: 0.25 on average of canary's 64, 0.5 of stable's: evidence 16 of 120",
        "agreement: 98 % of 128 compared answers agree, at least 99 % should: evidence 3.9 of 120",
      ]
    `);
  });
});

it('tells fifteen answers apart, and counts the others as one', () => {
  const judge = alternate(6_400, (arm, index) => ({
    answer: index < 60 ? `class ${index >> 1}` : arm === 'canary' ? `new ${index}` : 'class 0',
  }));
  expect(judge.verdict()).toMatchObject({ kind: 'worse' });
  expect(JSON.stringify(judge.snapshot()).length).toBeLessThan(16_384);
});
