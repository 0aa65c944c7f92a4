import type { LoadLevel } from '../../src/loadgen/index.js';
import { JOBS_MODEL, pauseJobs, queuedJobs, resumeJobs, submitJobs } from '../harness/jobs-client.js';
import { applyLoad } from '../harness/load.js';
import { MODELS } from '../harness/models.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { BarSpec, BenchSettings, Contestant, Row } from '../harness/row.js';
import type { Sample } from '../harness/sample.js';
import type { RunningServer } from '../harness/server-process.js';
import { startMillrace } from '../harness/servers.js';
import { millrace, type Workload } from './contestants.js';
import { slowestRate } from './part-load.js';

const { mobilenet: model } = MODELS;
const ROWS = createRows(model, 1);
const ASKED = oipRequest(ROWS, { model: JOBS_MODEL, input: model.input, format: 'binary' });
const ALONE = 'W3 alone';
const BESIDE = 'W3 beside jobs';
const OWN_RUNNER = 'W3 beside jobs of an instance for the background';
/** Submissions that are under way at once. */
const IN_FLIGHT = 16;
const CONFIG = [
  'repository: {controlMode: explicit, loadModels: ["*"]}',
  'jobs: {maxOpenPerPrincipal: 10000000, maxBytesPerPrincipal: 1000000000000, maxBytes: 1000000000000}',
  'telemetry: {accessLog: false}',
];

/** Images (W3) that arrive at half of the highest rate, with and without jobs for the same model in the background. */
export function jobsBesideRow(): Row {
  const id = 'jobs-beside-W3';
  const title =
    'MobileNetV3, 602 KB binary, Poisson arrivals at half of the highest rate, beside jobs of such requests';
  return {
    id,
    title,
    async run(settings) {
      const highest = await highestRate(settings);
      const requestsPerSecond = Math.max(1, Math.round(highest / 2));
      const level = { kind: 'rate', requestsPerSecond, arrivals: 'poisson' } as const;
      // Enough for all of a round.
      const jobs = Math.ceil(highest * settings.seconds);
      const row = interleavedRow({
        id,
        title,
        contestants: [
          contestant(ALONE, { level, jobs: 0 }),
          contestant(BESIDE, { level, jobs }),
          contestant(OWN_RUNNER, { level, jobs, yaml: ['instances: {background: 1}'] }),
        ],
        bars: [BESIDE, OWN_RUNNER].flatMap((who) => [latencyBar(who), capacityBar(who, highest - requestsPerSecond)]),
      });
      const result = await row.run(settings);
      return {
        ...result,
        notes: [...result.notes, `${requestsPerSecond} of ${Math.round(highest)} requests a second`],
      };
    },
  };
}

async function highestRate(settings: BenchSettings): Promise<number> {
  const workload: Workload = { model, rows: ROWS, format: 'binary', level: { kind: 'concurrency', concurrency: 8 } };
  const spec = { id: 'jobs-beside', title: 'the highest rate', contestants: [millrace(workload)], bars: [] };
  const { contestants } = await interleavedRow(spec).run({ ...settings, rounds: Math.min(settings.rounds, 3) });
  return slowestRate(contestants);
}

/** At most half as much more, or 5 ms more. */
function latencyBar(who: string): BarSpec {
  return {
    text: `p99: ${who} / the larger of 1.5 alone and alone + 5 ms`,
    digits: 2,
    contestants: [ALONE, who],
    atMost: 1,
    of(round) {
      const [alone, beside] = [ALONE, who].map((name) => round[name]?.p99Ms);
      if (alone === undefined || beside === undefined) return undefined;
      return beside / Math.max(1.5 * alone, alone + 5);
    },
  };
}

function capacityBar(who: string, idlePerSecond: number): BarSpec {
  return {
    text: `${who}: jobs a second / ${idlePerSecond.toFixed(1)} requests a second that are left`,
    digits: 2,
    contestants: [who],
    atLeast: 0.5,
    of(round) {
      const { jobsPerSecond } = round[who] ?? {};
      return jobsPerSecond === undefined ? undefined : jobsPerSecond / idlePerSecond;
    },
  };
}

interface Beside {
  readonly level: LoadLevel;
  /** That are queued when a round begins. */
  readonly jobs: number;
  /** Lines of the model's `model.yaml`. */
  readonly yaml?: readonly string[];
}

function contestant(name: string, { level, jobs, yaml = [] }: Beside): Contestant {
  return {
    name,
    peer: false,
    async open(settings) {
      const server = await startMillrace({ models: [{ name: JOBS_MODEL, model, yaml }], config: CONFIG });
      const plan = { request: ASKED, level, rowsPerRequest: 1, generator: 'poisson' } as const;
      const load = () => applyLoad(server, plan, { ...settings, generator: 'poisson' });
      return {
        async warmUp() {
          await pauseJobs(server);
          await load();
        },
        measure: () => (jobs === 0 ? load() : beside(server, jobs, load)),
        close: () => server.stop(),
      };
    },
  };
}

async function beside(server: RunningServer, jobs: number, load: () => Promise<Sample>): Promise<Sample> {
  await submitJobs(server, { asked: ASKED, jobs: jobs - (await queuedJobs(server)), inFlight: IN_FLIGHT });
  const before = await queuedJobs(server);
  const startedAt = performance.now();
  await resumeJobs(server);
  const sample = await load();
  await pauseJobs(server);
  const seconds = (performance.now() - startedAt) / 1_000;
  return { ...sample, jobsPerSecond: (before - (await queuedJobs(server))) / seconds };
}
