import { availableParallelism } from 'node:os';
import { type MeasuredServer, measureServer, readConfig } from '../../src/cli/plan/measure-server.js';
import { connect } from '../../src/client/index.js';
import { fetchInputs, type LoadRequest } from '../../src/loadgen/index.js';
import { predict, predictHighest } from '../../src/planning/index.js';
import { ratioBar } from '../harness/bars.js';
import { applyLoad } from '../harness/load.js';
import { type BenchModel, MODELS } from '../harness/models.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { roundsOf } from '../harness/rounds.js';
import { type BarSpec, type BenchSettings, isJudged, judge, type Row, type RowResult } from '../harness/row.js';
import type { Metric, Sample } from '../harness/sample.js';
import type { RunningServer } from '../harness/server-process.js';
import { startMillrace } from '../harness/servers.js';

interface PlanWorkload {
  readonly id: string;
  readonly title: string;
  readonly model: BenchModel;
  /** Text of a script in place of the model's file. */
  readonly script?: string;
  readonly format: 'json' | 'binary';
  /** Lines of `model.yaml`. */
  readonly yaml: readonly string[];
}

/** Its time depends on its rows, and little on what else the machine does. */
const WAITING = `import { defineModel } from 'millrace/model';
export default defineModel({
  inputs: { x: { datatype: 'FP32', shape: [-1, 16] } },
  outputs: { y: { datatype: 'FP32', shape: [-1, 16] } },
  maxBatchSize: 8,
  batched: true,
  async infer(requests) {
    const rows = requests.reduce((sum, { inputs }) => sum + inputs.x.shape[0], 0);
    await new Promise((resolve) => setTimeout(resolve, 20 + 4 * rows));
    return requests.map(({ inputs }) => ({ y: { data: inputs.x.data, shape: inputs.x.shape } }));
  },
});
`;

const WORKLOADS: readonly PlanWorkload[] = [
  { id: 'plan-W1', title: 'mlp-16x10, one row JSON', model: MODELS.mlp16, format: 'json', yaml: [] },
  { id: 'plan-W3', title: 'MobileNetV3, one image', model: MODELS.mobilenet, format: 'binary', yaml: [] },
  {
    id: 'plan-W3-batches',
    title: 'MobileNetV3, one image, batches of up to 8',
    model: MODELS.mobilenet,
    format: 'binary',
    yaml: ['maxBatchSize: 8', 'batching: { enabled: true }'],
  },
  {
    id: 'plan-W3-2',
    title: 'MobileNetV3, one image, two instances',
    model: MODELS.mobilenet,
    format: 'binary',
    yaml: ['instances: { count: 2 }'],
  },
  {
    id: 'plan-waits',
    title: 'a script that waits 20 ms and 4 ms a row, batches of up to 8',
    model: MODELS.mlp16,
    script: WAITING,
    format: 'json',
    yaml: ['batching: { enabled: true }'],
  },
  {
    id: 'plan-waits-2',
    title: 'the same one by one on two instances',
    model: MODELS.mlp16,
    script: WAITING,
    format: 'json',
    yaml: ['batching: { enabled: false }', 'instances: { count: 2 }'],
  },
];

/** Parts of the highest rate at which predictions are checked. */
const PARTS = { '1/4': 1 / 4, '1/2': 1 / 2, '3/4': 3 / 4 } as const;
const CLIENTS = 32;
/** How far a prediction may be off. */
const TOLERANCE = 0.25;
const NAME = 'm';
const STEP_MS = 1_000;

/** What `millrace plan` predicts of a server beside what an open loop measures of it. */
export function planRows(): Row[] {
  return WORKLOADS.map((workload) => ({
    id: workload.id,
    title: `${workload.title}, Poisson arrivals: predicted / measured`,
    run: (settings) => runRow(workload, settings),
  }));
}

const measuredName = (part: string): string => `measured ${part}`;
const predictedName = (part: string): string => `predicted ${part}`;

async function runRow(workload: PlanWorkload, settings: BenchSettings): Promise<RowResult> {
  const { id, title, model, script, yaml, format } = workload;
  const server = await startMillrace({
    models: [{ name: NAME, yaml, ...(script === undefined ? { model } : { script }) }],
  });
  const request = oipRequest(createRows(model, 1), { model: NAME, input: model.input, format });
  const samples = new Map<string, Sample[]>();
  const notes: string[] = [];
  try {
    for (let round = 0; round < settings.rounds; round++) {
      settings.say(`${id}: round ${round + 1} of ${settings.rounds}`);
      const measured = await measureIt(server, workload, settings);
      notes.push(noteOf(round, measured));
      for (const [name, sample] of await runRound(server, { request, measured, seed: round + 1 }, settings)) {
        samples.set(name, [...(samples.get(name) ?? []), sample]);
      }
    }
  } finally {
    await server.stop();
  }
  const contestants = [...samples].map(([name, each]) => ({ name, samples: each }));
  const rounds = roundsOf(contestants, settings.rounds);
  return { id, title, contestants, bars: bars().map((bar) => judge(bar, rounds, isJudged(settings))), notes };
}

interface Measured {
  readonly request: LoadRequest;
  readonly measured: MeasuredServer;
  /** Of the arrivals. */
  readonly seed: number;
}

/** The highest rate, and at each part of it what was predicted and what an open loop has seen. */
async function runRound(
  server: RunningServer,
  { request, measured, seed }: Measured,
  settings: BenchSettings,
): Promise<readonly (readonly [name: string, sample: Sample])[]> {
  const load = { request, rowsPerRequest: 1 };
  const closed = { kind: 'concurrency', concurrency: CLIENTS } as const;
  const highest = await applyLoad(server, { ...load, level: closed }, settings);
  const { requestsPerSecond: most = 0 } = highest;
  const simulated = predict(measured.model, { kind: 'clients', clients: CLIENTS });
  const pairs: (readonly [string, Sample])[] = [
    [measuredName('highest'), highest],
    [predictedName('highest'), { requestsPerSecond: simulated.requestsPerSecond }],
  ];
  for (const [part, share] of Object.entries(PARTS)) {
    const requestsPerSecond = Math.max(1, Math.round(most * share));
    const level = { kind: 'rate', requestsPerSecond, arrivals: 'poisson' } as const;
    const seen = await applyLoad(
      server,
      { ...load, level, generator: 'poisson', seed },
      durationOf(settings, requestsPerSecond),
    );
    const { p50Ms, p95Ms, p99Ms } = predict(measured.model, { kind: 'rate', requestsPerSecond }, { requests: 20_000 });
    pairs.push([measuredName(part), seen], [predictedName(part), { requestsPerSecond, p50Ms, p95Ms, p99Ms }]);
  }
  return pairs;
}

/** Percentiles of a few requests say little. */
const LEAST_REQUESTS = 1_000;
const MOST_SECONDS = 20;

function durationOf(settings: BenchSettings, requestsPerSecond: number): BenchSettings {
  if (settings.trial) return settings;
  return {
    ...settings,
    seconds: Math.min(MOST_SECONDS, Math.max(settings.seconds, LEAST_REQUESTS / requestsPerSecond)),
  };
}

async function measureIt(
  server: RunningServer,
  { format }: PlanWorkload,
  { trial }: BenchSettings,
): Promise<MeasuredServer> {
  const client = connect(server.url);
  return measureServer(
    {
      connection: { url: server.url },
      client,
      headers: {},
      model: NAME,
      version: undefined,
      inputs: await fetchInputs({ url: server.url, model: NAME }),
      payload: { format },
      rowsPerRequest: 1,
      serverPid: server.pid,
      prefetchBelowMs: 10,
      cores: availableParallelism(),
      stepMs: trial ? 50 : STEP_MS,
    },
    await readConfig(client.model(NAME), NAME),
  );
}

function noteOf(round: number, { waitedForCores, model, runs, saturated }: MeasuredServer): string {
  const share = waitedForCores === undefined ? 'an unknown part' : `${(100 * waitedForCores).toFixed(0)} %`;
  const { front } = model;
  const loopMs = front.receiveMs + front.answerMs;
  return (
    `round ${round + 1}: runs ${runs.map(({ rows, meanMs }) => `${rows}: ${meanMs.toFixed(2)} ms`).join(', ')}; event loop ${loopMs.toFixed(3)} ms a request, ${front.wakeMs.toFixed(3)} to wake up; ` +
    `highest ${saturated.requestsPerSecond.toFixed(0)}/s, simulated ${predictHighest(model).requestsPerSecond.toFixed(0)}/s; waited for a core in ${share} of the time`
  );
}

function bars(): readonly BarSpec[] {
  const ratio = (metric: Metric, part: string, limits: Pick<BarSpec, 'atLeast' | 'atMost'> = {}): BarSpec =>
    ratioBar({ metric, who: predictedName(part), against: measuredName(part), ...limits });
  const within = { atLeast: 1 - TOLERANCE, atMost: 1 + TOLERANCE };
  return [
    ratio('requestsPerSecond', 'highest'),
    ...Object.keys(PARTS).flatMap((part) => [
      ratio('p50Ms', part, within),
      ratio('p95Ms', part, within),
      ratio('p99Ms', part),
    ]),
  ];
}
