import { ratioBar } from '../harness/bars.js';
import { MODELS } from '../harness/models.js';
import { createRows } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { Row, RowResult } from '../harness/row.js';
import { spreadOf, valuesOf } from '../harness/sample.js';
import { mosecTuned } from '../peers/index.js';
import { echoes, millrace, peer, type Workload } from './contestants.js';

const ID = 'open-loop';
const TITLE = "mlp-16x10, one row JSON, Poisson arrivals at half of the slower server's highest rate";

/** Finds the highest rates under 32 connections first, then sends all the same rate, which the slowest can take easily. */
export function openLoopRow(): Row {
  return {
    id: ID,
    title: TITLE,
    async run(settings) {
      const highest = await highestRates().run({ ...settings, rounds: Math.min(settings.rounds, 3) });
      const requestsPerSecond = comfortableRate(highest.contestants);
      const result = await atRate(requestsPerSecond).run(settings);
      return { ...result, notes: [...highest.notes, ...result.notes, `${requestsPerSecond} requests a second`] };
    },
  };
}

/** Half of the slowest contestant's median of requests a second. */
export function comfortableRate(contestants: RowResult['contestants']): number {
  const medians = contestants.map(({ samples }) => spreadOf(valuesOf(samples, 'requestsPerSecond'))?.median ?? 0);
  const slowest = Math.min(...medians);
  if (!(slowest > 0 && slowest < Number.POSITIVE_INFINITY)) throw new Error('no highest rate to take half of');
  return Math.round(slowest / 2);
}

function w1(pressure: Pick<Workload, 'level' | 'generator'>): Workload {
  const { mlp16: model } = MODELS;
  return { model, rows: createRows(model, 1), format: 'json', ...pressure };
}

function highestRates(): Row {
  const workload = w1({ level: { kind: 'concurrency', concurrency: 32 } });
  return interleavedRow({
    id: ID,
    title: TITLE,
    contestants: [millrace(workload), peer(workload, mosecTuned, 1)],
    bars: [],
  });
}

function atRate(requestsPerSecond: number): Row {
  const level = { kind: 'rate', requestsPerSecond, arrivals: 'poisson' } as const;
  const fromOutside = w1({ level, generator: 'poisson' });
  return interleavedRow({
    id: ID,
    title: TITLE,
    contestants: [
      ...echoes(fromOutside),
      millrace(fromOutside),
      peer(fromOutside, mosecTuned, 1),
      millrace(w1({ level, generator: 'own' }), { name: 'millrace, own generator' }),
    ],
    bars: [ratioBar({ metric: 'p99Ms', who: 'millrace', against: 'mosec tuned ×1', atMost: 1 })],
  });
}
