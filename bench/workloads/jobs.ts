import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { treeUsage } from '../../src/loadgen/index.js';
import { ratioBar } from '../harness/bars.js';
import { JOBS_MODEL, pauseJobs, queuedJobs, submitJobs } from '../harness/jobs-client.js';
import { MODELS } from '../harness/models.js';
import { inRoot } from '../harness/paths.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { BarSpec, Contestant, Row } from '../harness/row.js';
import type { Sample } from '../harness/sample.js';
import type { RunningServer } from '../harness/server-process.js';
import { startMillrace } from '../harness/servers.js';
import { millrace, type Workload } from './contestants.js';
import { jobsBesideRow } from './jobs-beside.js';

/** Submissions that are under way at once. */
const IN_FLIGHT = 64;
const JOBS = 5_000;
const WORKLOAD: Workload = {
  model: MODELS.mlp16,
  rows: createRows(MODELS.mlp16, 1),
  format: 'json',
  level: { kind: 'concurrency', concurrency: IN_FLIGHT },
};
const ASKED = oipRequest(WORKLOAD.rows, { model: JOBS_MODEL, input: MODELS.mlp16.input, format: 'json' });
const CONFIG = [
  'repository: {controlMode: explicit, loadModels: ["*"]}',
  'jobs: {maxOpenPerPrincipal: 10000000}',
  'telemetry: {accessLog: false}',
];

/** Jobs beside the statements of their store alone, and beside the same requests answered at once. */
export function jobRows(): Row[] {
  return [
    interleavedRow({
      id: 'jobs-submit',
      title: `${JOBS} jobs submitted with ${IN_FLIGHT} in flight to a model that is paused, each on the disk before its 202`,
      contestants: [jobs('jobs', { isPaused: true }), bareSql('submit')],
      bars: [ratioBar({ metric: 'requestsPerSecond', who: 'jobs', against: 'bare SQL', atLeast: 0.5 })],
    }),
    interleavedRow({
      id: 'jobs-W1',
      title: `${JOBS} requests of one row (W1) as jobs, from their submission to their stored answers`,
      contestants: [millrace(WORKLOAD), jobs('jobs', { isPaused: false }), bareSql('life')],
      bars: [costBar()],
    }),
    jobsBesideRow(),
  ];
}

/** CPU of a job: at most that of three requests that are answered at once, and twice that of its statements. */
function costBar(): BarSpec {
  return {
    text: 'CPU µs/req: jobs / (3 millrace + 2 bare SQL)',
    digits: 2,
    contestants: ['jobs', 'millrace', 'bare SQL'],
    atMost: 1,
    of(round) {
      const [job, once, sql] = ['jobs', 'millrace', 'bare SQL'].map((name) => round[name]?.cpuUsPerRequest);
      return job === undefined || once === undefined || sql === undefined ? undefined : job / (3 * once + 2 * sql);
    },
  };
}

/** `isPaused`: only their submission counts. */
function jobs(name: string, { isPaused }: { readonly isPaused: boolean }): Contestant {
  return {
    name,
    peer: false,
    async open() {
      const server = await startMillrace({ models: [{ name: JOBS_MODEL, model: WORKLOAD.model }], config: CONFIG });
      const run = () => runJobs(server, isPaused);
      return {
        async warmUp() {
          if (isPaused) await pauseJobs(server);
          await run();
        },
        measure: run,
        close: () => server.stop(),
      };
    },
  };
}

async function runJobs(server: RunningServer, isPaused: boolean): Promise<Sample> {
  const cpuBefore = treeUsage(server.pid).cpuMs;
  const startedAt = performance.now();
  await submitJobs(server, { asked: ASKED, jobs: JOBS, inFlight: IN_FLIGHT });
  while (!isPaused && (await queuedJobs(server)) > 0) await sleep(20);
  const cpuMs = treeUsage(server.pid).cpuMs - cpuBefore;
  return {
    requestsPerSecond: (JOBS * 1_000) / (performance.now() - startedAt),
    cpuUsPerRequest: (cpuMs * 1_000) / JOBS,
  };
}

/** The statements of jobs, in transactions of as many as are in flight. */
function bareSql(mode: 'submit' | 'life'): Contestant {
  return {
    name: 'bare SQL',
    peer: false,
    async open({ seconds }) {
      return {
        async warmUp() {},
        async measure() {
          const args = [inRoot('bench/controls/jobs-sql.mjs'), mode, String(seconds * 1_000)];
          const { stdout } = await promisify(execFile)(process.execPath, args);
          const { jobs: count, wallMs, cpuMs } = JSON.parse(stdout);
          return { requestsPerSecond: (count * 1_000) / wallMs, cpuUsPerRequest: (cpuMs * 1_000) / count };
        },
        async close() {},
      };
    },
  };
}
