import { ratioBar } from '../harness/bars.js';
import { MODELS } from '../harness/models.js';
import { createRows } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { BenchSettings, Row, RowResult } from '../harness/row.js';
import { spreadOf, valuesOf } from '../harness/sample.js';
import { mosecAlone, mosecTuned } from '../peers/index.js';
import { echoes, INLINE, type MillraceVariant, millrace, PROCESS, peer, type Workload } from './contestants.js';

/** As mosec does by default, and here: requests wait up to 1 ms for others. */
const WAITING: MillraceVariant = { name: 'millrace, waits 1 ms', yaml: ['batching: { maxQueueDelayMs: 1 }'] };

/** What a request costs where a server has time to spare: Poisson arrivals at parts of the rate that the slower server can take. */
export function partLoadRows(): Row[] {
  const highest = once(highestRate);
  return [
    partLoadRow('1/8', 1 / 8, highest),
    partLoadRow('1/4', 1 / 4, highest),
    partLoadRow('1/2', 1 / 2, highest),
    partLoadRow('3/4', 3 / 4, highest),
  ];
}

type FindHighest = (settings: BenchSettings) => Promise<HighestRate>;

interface HighestRate {
  readonly requestsPerSecond: number;
  readonly notes: readonly string[];
}

function partLoadRow(name: string, part: number, findHighest: FindHighest): Row {
  const id = `load-${name}`;
  const title = `mlp-16x10, one row JSON, Poisson arrivals at ${name} of the slower server's highest rate`;
  return {
    id,
    title,
    async run(settings) {
      const highest = await findHighest(settings);
      const requestsPerSecond = Math.round(highest.requestsPerSecond * part);
      const row = atRate({ id, title }, requestsPerSecond);
      const result = await row.run(settings);
      const rate = `${requestsPerSecond} of ${Math.round(highest.requestsPerSecond)} requests a second`;
      return { ...result, notes: [...highest.notes, ...result.notes, rate, shareOfPipe(result.contestants)] };
    },
  };
}

/** Asked again, it gives what it found first. */
function once(find: FindHighest): FindHighest {
  let found: Promise<HighestRate> | undefined;
  return (settings) => {
    found ??= find(settings);
    return found;
  };
}

async function highestRate(settings: BenchSettings): Promise<HighestRate> {
  const workload = w1({ level: { kind: 'concurrency', concurrency: 32 } });
  const row = interleavedRow({
    id: 'load',
    title: 'the highest rates',
    contestants: [millrace(workload), peer(workload, mosecTuned, 1)],
    bars: [],
  });
  const { contestants, notes } = await row.run({ ...settings, rounds: Math.min(settings.rounds, 3) });
  return { requestsPerSecond: slowestRate(contestants), notes };
}

/** The slowest contestant's median of requests a second. */
export function slowestRate(contestants: RowResult['contestants']): number {
  const medians = contestants.map(({ samples }) => spreadOf(valuesOf(samples, 'requestsPerSecond'))?.median ?? 0);
  const slowest = Math.min(...medians);
  if (!(slowest > 0 && slowest < Number.POSITIVE_INFINITY)) throw new Error('no highest rate to take a part of');
  return slowest;
}

/** What running a model in a process of its own adds to the processor time of a request. */
export function shareOfPipe(contestants: RowResult['contestants']): string {
  const medianOf = (name: string) => {
    const found = contestants.find((contestant) => contestant.name === name);
    return spreadOf(valuesOf(found?.samples ?? [], 'cpuUsPerRequest'))?.median;
  };
  const [inline, apart] = [medianOf(INLINE.name), medianOf(PROCESS.name)];
  if (inline === undefined || apart === undefined) return 'the share of the runner and its pipe is not known';
  return `the runner and its pipe take ${(100 * (1 - inline / apart)).toFixed(0)} % of the CPU of a request`;
}

function w1(pressure: Pick<Workload, 'level' | 'generator'>): Workload {
  const { mlp16: model } = MODELS;
  return { model, rows: createRows(model, 1), format: 'json', ...pressure };
}

function atRate(row: Pick<Row, 'id' | 'title'>, requestsPerSecond: number): Row {
  const workload = w1({ level: { kind: 'rate', requestsPerSecond, arrivals: 'poisson' }, generator: 'poisson' });
  return interleavedRow({
    ...row,
    contestants: [
      ...echoes(workload),
      millrace(workload, INLINE),
      millrace(workload),
      millrace(workload, WAITING),
      peer(workload, mosecAlone, 1),
      peer(workload, mosecTuned, 1),
    ],
    // Where both wait for others as long.
    bars: [ratioBar({ metric: 'p99Ms', who: WAITING.name, against: 'mosec tuned ×1', atMost: 1 })],
  });
}
