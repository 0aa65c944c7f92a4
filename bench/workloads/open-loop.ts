import { ratioBar } from '../harness/bars.js';
import { applyLoad, warmUp } from '../harness/load.js';
import { MODELS } from '../harness/models.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { BenchSettings, Row, RowResult } from '../harness/row.js';
import { startMillrace } from '../harness/servers.js';
import { mosec } from '../peers/index.js';
import { millrace, peer, type Workload } from './contestants.js';

const ID = 'open-loop';
const TITLE = 'mlp-16x10, one row JSON, Poisson arrivals at half of the highest rate';

/** Finds millrace's highest rate under 32 connections first, then presses all with half of it. */
export function openLoopRow(): Row {
  return {
    id: ID,
    title: TITLE,
    async run(settings) {
      const requestsPerSecond = Math.round((await highestRate(settings)) / 2);
      const result = await openLoop(requestsPerSecond).run(settings);
      return {
        ...result,
        notes: [...result.notes, `rate: ${requestsPerSecond} requests a second`],
      } satisfies RowResult;
    },
  };
}

function openLoop(requestsPerSecond: number): Row {
  const workload: Workload = {
    model: MODELS.mlp16,
    rows: createRows(MODELS.mlp16, 1),
    format: 'json',
    level: { kind: 'rate', requestsPerSecond, arrivals: 'poisson' },
  };
  return interleavedRow({
    id: ID,
    title: TITLE,
    contestants: [millrace(workload), peer(workload, mosec, 1)],
    bars: [ratioBar({ metric: 'p99Ms', who: 'millrace', against: 'mosec ×1', atMost: 1 })],
  });
}

async function highestRate(settings: BenchSettings): Promise<number> {
  const { mlp16: model } = MODELS;
  const server = await startMillrace({ models: [{ name: 'm', model }] });
  const plan = {
    request: oipRequest(createRows(model, 1), { model: 'm', input: model.input, format: 'json' }),
    level: { kind: 'concurrency', concurrency: 32 },
    rowsPerRequest: 1,
  } as const;
  try {
    await warmUp(server, plan, { seconds: settings.warmUpSeconds, generator: 'own' });
    const sample = await applyLoad(server, plan, { seconds: settings.seconds, generator: 'own' });
    return sample.requestsPerSecond ?? 0;
  } finally {
    await server.stop();
  }
}
