import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AS_ADA, type RolloutServer, startRolloutServer, underLoad } from '../support/rollout-server.js';

const MODEL = readFileSync(path.join(import.meta.dirname, '../fixtures/models/mlp-784x10.onnx'));

/** Requests that are asked at the same time, one burst after the other. */
const BURSTS = [2, 24, 6, 48, 1, 12];
const BURST_REQUESTS = 96;

it('a version that is the same file is not rolled back by a server under load that changes', async () => {
  const models = { 'mlp/model.yaml': 'versions: all\n', 'mlp/1/model.onnx': MODEL, 'mlp/2/model.onnx': MODEL };
  await using rollout = await startRolloutServer(models, { mlp: 1 });
  const { api, reaches, server } = rollout;
  const info = JSON.parse((await server.send('GET /v2/models/mlp', '', AS_ADA)).body.toString());
  let asked = 0;
  const ask = async (): Promise<void> => {
    const data = Array.from({ length: 784 }, (_, at) => ((asked * 31 + at * 7) % 255) / 255);
    asked++;
    const inputs = [{ name: info.inputs[0].name, datatype: 'FP32', shape: [1, 784], data }];
    const answer = await fetch(`http://127.0.0.1:${server.port}/v2/models/mlp/infer`, {
      method: 'POST',
      headers: { ...AS_ADA, 'content-type': 'application/json' },
      body: JSON.stringify({ inputs }),
    });
    await answer.arrayBuffer();
    expect(answer.status).toBe(200);
  };
  let burst = 0;
  const askBurst = async (): Promise<void> => {
    const clients = BURSTS[burst++ % BURSTS.length] ?? 1;
    const client = async (): Promise<void> => {
      for (let count = 0; count < BURST_REQUESTS / clients; count++) await ask();
    };
    await Promise.all(Array.from({ length: clients }, client));
  };
  const hold = { hold_ms: 4_000, min_requests: 50, max_hold_ms: 4_000, on_inconclusive: 'proceed' };
  // A difference that is really there makes the evidence grow without end; chance alone reaches this in one rollout of a thousand.
  const start = { to: 2, steps: [10, 50, 100], ...hold, judge: { error_budget: 0.001 } };
  const over = await underLoad(1, askBurst, async () => {
    expect((await api('POST models/mlp/rollout', start)).status).toBe(200);
    return reaches('mlp', 'rolled_back', 'done');
  });
  expect([over.state, over.decisions[0].reason]).toEqual(['done', "'mlp' stands for version 2 now"]);
  expect(over.verdict.metrics[0].observations.canary).toBeGreaterThan(50);
});

/**
 * A version that has the network above answer, each request after eight milliseconds, with what goes wrong before and after that. So two
 * clients ask less than 250 times a second, as is assumed before the rate is known.
 */
const digits = (before: string, after = '') => `import { defineModel } from 'millrace/model';
export default defineModel({
  inputs: { image: 'FP32[-1,784]' },
  outputs: { scores: 'FP32[-1,10]' },
  async infer({ inputs }, { model }) {
    await new Promise((resolve) => setTimeout(resolve, 8));
    ${before}
    const { outputs } = await model('mlp').infer({ x: inputs.image });
    const scores = [...outputs.y.data];
    ${after}
    return { scores };
  },
});
`;
const FAULTS = {
  errors: [digits("if (Math.random() < 0.3) throw new Error('it cannot');"), 'errors'],
  // Far more than a process waits for a core.
  latency: [digits('await new Promise((resolve) => setTimeout(resolve, 100));'), 'latency'],
  answers: [digits('', 'scores.reverse();'), 'answers'],
  crash: [digits("if (inputs.image.data[0] > 0) process.kill(process.pid, 'SIGKILL');"), 'errors'],
} as const;
const SHARE_PERCENT = 20;
const WORDS = { errors: 'errors are worse', latency: 'latency is worse', answers: 'answers differ' } as const;

describe('a version of a real model that is worse under load', () => {
  let rollout: RolloutServer;
  beforeAll(async () => {
    const models: Record<string, string | Uint8Array> = { 'mlp/1/model.onnx': MODEL };
    for (const [name, [faulty]] of Object.entries(FAULTS)) {
      models[`${name}/model.yaml`] = 'versions: all\nmaxBatchSize: 0\ninstances: { count: 2 }\n';
      models[`${name}/1/model.ts`] = digits('');
      models[`${name}/2/model.ts`] = faulty;
    }
    rollout = await startRolloutServer(models, { errors: 1, latency: 1, answers: 1, crash: 1 });
  }, 60_000);
  afterAll(() => rollout[Symbol.asyncDispose]());

  it.each(Object.entries(FAULTS))(
    'is rolled back within the announced number of requests: %s',
    async (name, [, metric]) => {
      const { api, reaches, server } = rollout;
      let asked = 0;
      const ask = async (): Promise<void> => {
        asked++;
        const data = Array.from({ length: 784 }, (_, at) => (asked + at * 7) % 3 || 1);
        const inputs = [{ name: 'image', datatype: 'FP32', shape: [1, 784], data }];
        await server.infer(name, { inputs }, AS_ADA);
      };
      const judge = metric === 'latency' ? {} : { latency: false };
      const start = { to: 2, steps: [SHARE_PERCENT, 100], hold_ms: 600_000, judge };
      let announced: number | undefined;
      const over = await underLoad(2, ask, async () => {
        const { status, body } = await api(`POST models/${name}/rollout`, start);
        expect(status).toBe(200);
        announced = body.forecast.metrics.find((needs: { name: string }) => needs.name === metric).worse.canary;
        return reaches(name, 'rolled_back', 'done');
      });
      expect(over.decisions[0].reason).toMatch(new RegExp(`^version 2 against version 1: .*${WORDS[metric]}: `));
      const { observations } = over.verdict.metrics.find((seen: { name: string }) => seen.name === metric);
      expect(observations.canary).toBeLessThanOrEqual(announced ?? 0);
    },
  );
});
