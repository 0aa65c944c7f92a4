import { describe, expect, it } from 'vitest';
import { AS_ADA, startRolloutServer, underLoad } from '../support/rollout-server.js';

/** A classifier of one number, with `body` before its answer. */
const script = (body = '') => `import { defineModel } from 'millrace/model';
export default defineModel({
  inputs: { x: 'FP32[-1,1]' },
  outputs: { p: 'FP32[-1,3]' },
  async infer({ inputs }) {
    const value = inputs.x.data[0] ?? 0;
    ${body}
    return { p: value < 0.7 ? [0.8, 0.1, 0.1] : [0.1, 0.8, 0.1] };
  },
});
`;
const PAUSE = (ms: number) => `await new Promise((resolve) => setTimeout(resolve, ${ms}));`;
/** A machine that runs many tests is slow now and then, most of all for who has little to do: only one test is about that. */
const judge = { latency: false };
const START = { to: 4, steps: [20, 100], hold_ms: 600_000, judge };

/** What the requests of a rollout came to while it was judged. */
async function judged(good: string, bad: string, start: object = START) {
  await using rollout = await startRolloutServer(
    {
      'fraud/model.yaml': 'versions: all\nmaxBatchSize: 0\ninstances: { count: 4 }\n',
      'fraud/3/model.ts': good,
      'fraud/4/model.ts': bad,
    },
    { fraud: 3 },
  );
  const { api, reaches, server } = rollout;
  const seen = { failedOf3: 0, failedOf4: 0, of3: 0, of4: 0, others: 0 };
  let count = 0;
  const ask = async (): Promise<string> => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [(count++ % 100) / 100] }];
    const answer = await fetch(`http://127.0.0.1:${server.port}/v2/models/fraud/infer`, {
      method: 'POST',
      headers: { ...AS_ADA, 'content-type': 'application/json' },
      body: JSON.stringify({ inputs }),
    });
    await answer.arrayBuffer();
    const version = answer.headers.get('x-millrace-model');
    if (version === 'fraud/3') answer.ok ? seen.of3++ : seen.failedOf3++;
    else if (version === 'fraud/4') answer.ok ? seen.of4++ : seen.failedOf4++;
    else seen.others++;
    return `${answer.status} ${version}`;
  };
  const over = await underLoad(
    8,
    async () => void (await ask()),
    async () => {
      expect((await api('POST models/fraud/rollout', start)).status).toBe(200);
      return reaches('fraud', 'rolled_back', 'done');
    },
  );
  const afterwards = new Set<string>();
  for (let turn = 0; turn < 30; turn++) afterwards.add(await ask());
  return { over, seen, afterwards: [...afterwards] };
}

describe('a rollout under load is rolled back by itself', () => {
  it('where the new version errs', async () => {
    const errs = script("if (Math.random() < 0.3) throw new Error('it cannot');");
    const { over, seen, afterwards } = await judged(script(), errs);
    expect(over).toMatchObject({ state: 'rolled_back', step: 1 });
    expect(over.decisions[0]).toMatchObject({ by: 'millrace', action: 'roll_back' });
    expect(over.decisions[0].reason).toMatch(/^version 4 against version 3: .*errors are worse: /);
    expect(seen).toMatchObject({ failedOf3: 0, others: 0 });
    expect(seen.failedOf4).toBeGreaterThan(0);
    expect(afterwards).toEqual(['200 fraud/3']);
  });

  it('where the new version is slow', async () => {
    const { over, seen, afterwards } = await judged(script(PAUSE(4)), script(PAUSE(12)), { ...START, judge: {} });
    expect(over.decisions[0].reason).toMatch(/^version 4 against version 3: .*latency is worse: /);
    expect(seen).toMatchObject({ failedOf3: 0, failedOf4: 0, others: 0 });
    expect(afterwards).toEqual(['200 fraud/3']);
  });

  it('where the answers of the new version drift', async () => {
    const drifts = script('if (value > 0.35) return { p: [0.1, 0.1, 0.8] };');
    const { over, seen, afterwards } = await judged(script(), drifts);
    expect(over.decisions[0].reason).toMatch(/^version 4 against version 3: .*answers differ: /);
    expect(seen).toMatchObject({ failedOf3: 0, failedOf4: 0, others: 0 });
    expect(afterwards).toEqual(['200 fraud/3']);
  });

  it('where the new version disagrees with the old one, of whose requests it gets copies', async () => {
    const pure = (text: string) => text.replace('inputs:', 'pure: true,\n  inputs:');
    const steps = [{ weight: 1, needs_approval: true }, 100];
    const start = { ...START, steps, judge: { ...judge, answers: false, agreement: {} } };
    const drifts = script('if (value > 0.5) return { p: [0.1, 0.1, 0.8] };');
    const { over, seen } = await judged(pure(script()), pure(drifts), start);
    expect(over.decisions[0].reason).toMatch(/^version 4 against version 3: .*agreement is too low: /);
    expect(seen).toMatchObject({ failedOf3: 0, failedOf4: 0, of4: 0, others: 0 });
  });
});

it('a rollout under load to a version that is as good goes on to the end, and no request fails', async () => {
  const quick = { hold_ms: 500, min_requests: 20, max_hold_ms: 2_000, on_inconclusive: 'proceed' };
  const { over, seen, afterwards } = await judged(script(), script(), {
    ...START,
    steps: [5, 25, 50, 100],
    ...quick,
    // Chance alone accuses it once in a million times.
    judge: { ...judge, error_budget: 0.000001 },
  });
  expect([over.state, over.decisions[0].reason]).toEqual(['done', "'fraud' stands for version 4 now"]);
  expect(over.decisions.map(({ action }: { action: string }) => action).toReversed()).toEqual(
    expect.arrayContaining(['start', 'advance', 'promote', 'finish']),
  );
  expect(seen).toMatchObject({ failedOf3: 0, failedOf4: 0, others: 0 });
  expect(seen.of3).toBeGreaterThan(0);
  expect(seen.of4).toBeGreaterThan(0);
  expect(afterwards).toEqual(['200 fraud/4']);
});
