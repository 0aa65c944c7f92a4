import { differenceUsBar, ratioBar } from '../../harness/bars.js';
import { applyLoad, type LoadPlan } from '../../harness/load.js';
import { MODELS } from '../../harness/models.js';
import { createRows, oipRequest } from '../../harness/requests.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { BenchSettings, Contestant, Row } from '../../harness/row.js';
import type { Sample } from '../../harness/sample.js';
import type { RunningServer } from '../../harness/server-process.js';
import { driven, MODEL, startModel } from './contestants.js';

const RUN_MS = 5;
const BATCH = 8;
const FLOODING = 128;
/** Of what the model can do. */
const SHARE = 0.2;
const BATCHES_MORE = 2;
const KEYS = { flooder: 'f'.repeat(32), other: 'o'.repeat(32) };
const ALONE = 'alone';
const FAIR = 'beside a flood';
const ONE_LINE = 'beside a flood, in one line';

/** What somebody who asks for little notices of somebody who asks for all there is. */
export function fairRow(): Row {
  return interleavedRow({
    id: 'fair',
    title: `a model of ${RUN_MS} ms in batches of ${BATCH}: ${100 * SHARE} % of what it can do as Poisson arrivals, alone and beside ${FLOODING} connections of another key`,
    contestants: [asked(ALONE, [], false), asked(FAIR, [], true), asked(ONE_LINE, ['engine: { fairness: off }'], true)],
    bars: [
      differenceUsBar({ metric: 'p99Ms', who: FAIR, against: ALONE, atMost: 1_000 * BATCHES_MORE * RUN_MS }),
      ratioBar({ metric: 'p99Ms', who: FAIR, against: ONE_LINE, atMost: 1 }),
    ],
  });
}

function asked(name: string, config: readonly string[], floods: boolean): Contestant {
  const yaml = [
    'runtime: echo',
    `maxBatchSize: ${BATCH}`,
    'inputs: [{name: x, datatype: FP32, shape: [-1, 16]}]',
    'outputs: [{name: y, datatype: FP32, shape: [-1, 16]}]',
    `echo: {delayMs: ${RUN_MS}}`,
  ];
  const keys = Object.entries(KEYS).map(([owner, key]) => `{ name: ${owner}, key: ${key}, scopes: [infer] }`);
  return driven({
    name,
    start: startModel({ models: [{ name: MODEL, yaml }], config: [...config, `auth: { keys: [${keys.join(', ')}] }`] }),
    drive: (server, seconds, settings) => drive(server, seconds, { settings, floods }),
  });
}

interface Driving {
  readonly settings: BenchSettings;
  readonly floods: boolean;
}

/** What the other one measures; the flood begins before, and ends behind it. */
async function drive(server: RunningServer, seconds: number, { settings, floods }: Driving): Promise<Sample> {
  const requestsPerSecond = SHARE * BATCH * (1_000 / RUN_MS);
  const other = planOf(KEYS.other, { kind: 'rate', requestsPerSecond, arrivals: 'poisson' });
  const flood = planOf(KEYS.flooder, { kind: 'concurrency', concurrency: FLOODING });
  const { generator } = settings;
  const flooding = floods ? applyLoad(server, flood, { seconds: seconds + 2, generator }) : undefined;
  const sample = await applyLoad(server, { ...other, generator: 'poisson' }, { seconds, generator });
  const { errors = 0 } = (await flooding) ?? {};
  return { ...sample, errors: (sample.errors ?? 0) + errors };
}

function planOf(key: string, level: LoadPlan['level']): LoadPlan {
  const rows = createRows(MODELS.mlp16, 1);
  const request = oipRequest(rows, { model: MODEL, input: 'x', format: 'binary' });
  const headers = { ...request.headers, authorization: `Bearer ${key}` };
  return { request: { ...request, headers }, level, rowsPerRequest: 1 };
}
