import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { AS_ADA, startRolloutServer, underLoad } from '../support/rollout-server.js';

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
