import { expect, it } from 'vitest';
import { echoModel } from '../support/control-fixture.js';
import { AS_ADA, startRolloutServer } from '../support/rollout-server.js';

it('a version whose answers lead to nothing is rolled back, by what callers tell of them', async () => {
  const models = { 'fraud/model.yaml': echoModel('versions: all'), 'fraud/3/': '', 'fraud/4/': '' };
  await using rollout = await startRolloutServer(models, { fraud: 3 });
  const { api, server } = rollout;
  const judge = { outcomes: {}, latency: false };
  const started = await api('POST models/fraud/rollout', { to: 4, steps: [50, 100], hold_ms: 600_000, judge });
  expect(started.status).toBe(200);
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] });
  let state = 'running';
  let told = 0;
  for (; state !== 'rolled_back' && told < 1_000; told++) {
    const id = `order-${told}`;
    const { headers } = await server.send('POST /v2/models/fraud/infer', body, { ...AS_ADA, 'x-request-id': id });
    const isCanary = headers['x-millrace-arm'] === 'canary';
    const { status, body: said } = await api('POST feedback', { request_id: id, value: !isCanary });
    // Once it is over, the bare name is no route any more.
    if (headers['x-millrace-route'] === undefined) expect(status).toBe(404);
    else expect(said).toMatchObject({ route: 'fraud', version: isCanary ? 4 : 3 });
    if (told % 10 === 9) state = (await api('GET models/fraud/rollout')).body.state;
  }
  const { body: over } = await api('GET models/fraud/rollout');
  expect(over.state).toBe('rolled_back');
  expect(over.decisions[0].reason).toMatch(
    /^version 4 against version 3: outcomes are worse: 0 on average of canary's \d+, 1 of stable's; /,
  );
  const report = await api('GET routes/fraud/outcomes');
  expect(report.body.arms).toMatchObject([
    { arm: 'canary', version: 4, mean: 0 },
    { arm: 'stable', version: 3, mean: 1 },
  ]);
});
