import path from 'node:path';
import { expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { control, echoModel } from '../support/control-fixture.js';
import { parseExposition } from '../support/metrics-fixture.js';
import { createTempFolder } from '../support/model-folder.js';

const MODELS = { 'fraud/model.yaml': echoModel('echo: { faults: true }'), 'fraud/1/': '' };
const X = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] };
const SETTINGS = {
  slos: { 'fraud-available': { model: 'fraud', objective: 0.9 }, live: { route: 'live', objective: 0.9 } },
  routes: { live: { arms: [{ model: 'fraud', weight: 100 }] } },
} as const;

async function levels(server: AppServer) {
  const { body } = await control(server, 'GET slos');
  return body.slos.map((level: Readonly<Record<string, unknown>>) => [level.slo, level.bad_requests, level.requests]);
}

it('an objective counts requests by every way to its model, shows in API and metrics, and outlives a restart', async () => {
  await using folder = await createTempFolder();
  const settings = { ...SETTINGS, store: { path: path.join(folder.path, 'store.db') } };
  {
    await using server = await startAppServer(MODELS, settings);
    const statuses = [];
    for (const name of ['fraud', 'live', 'live']) statuses.push((await server.infer(name, X)).status);
    statuses.push((await server.infer('live', { ...X, parameters: { fault: 'raise' } })).status);
    statuses.push((await server.infer('fraud', { inputs: [] })).status);
    expect(statuses).toEqual([200, 200, 200, 500, 400]);
    const { body } = await control(server, 'GET slos');
    expect(body.slos[0]).toMatchObject({
      slo: 'fraud-available',
      model: 'fraud',
      indicator: 'availability',
      objective: 0.9,
      window_ms: 2_592_000_000,
      requests: 4,
      bad_requests: 1,
      good_ratio: 0.75,
      error_budget_remaining: expect.closeTo(-1.5),
    });
    expect(body.slos[0].burn_rates.map(({ severity, factor, burning }: Rate) => [severity, factor, burning])).toEqual([
      ['page', 6, false],
      ['ticket', 3, false],
      ['ticket', 1, true],
    ]);
    expect(await levels(server)).toEqual([
      ['fraud-available', 1, 4],
      ['live', 1, 3],
    ]);
    const metrics = parseExposition(await (await fetch(`${server.addresses.metrics?.url}/metrics`)).text());
    const ofFraud = [...metrics].filter(([name]) => name.startsWith('millrace_slo_') && name.includes('fraud'));
    expect(Object.fromEntries(ofFraud)).toEqual({
      'millrace_slo_requests_total{slo="fraud-available"}': 4,
      'millrace_slo_bad_requests_total{slo="fraud-available"}': 1,
      'millrace_slo_objective_ratio{slo="fraud-available"}': 0.9,
      'millrace_slo_error_budget_remaining_ratio{slo="fraud-available"}': expect.closeTo(-1.5),
    });
  }
  await using again = await startAppServer(MODELS, settings);
  await again.infer('live', X);
  expect(await levels(again)).toEqual([
    ['fraud-available', 1, 5],
    ['live', 1, 4],
  ]);
});

interface Rate {
  readonly severity: string;
  readonly factor: number;
  readonly burning: boolean;
}
