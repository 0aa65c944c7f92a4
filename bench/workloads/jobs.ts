import { execFile } from 'node:child_process';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { treeUsage } from '../../src/loadgen/index.js';
import { ratioBar } from '../harness/bars.js';
import { MODELS } from '../harness/models.js';
import { inRoot } from '../harness/paths.js';
import { createRows, oipRequest } from '../harness/requests.js';
import { interleavedRow } from '../harness/rounds.js';
import type { BarSpec, Contestant, Row } from '../harness/row.js';
import type { Sample } from '../harness/sample.js';
import type { RunningServer } from '../harness/server-process.js';
import { startMillrace } from '../harness/servers.js';
import { millrace, type Workload } from './contestants.js';

/** Submissions that are under way at once. */
const IN_FLIGHT = 64;
const JOBS = 5_000;
const NAME = 'm';
const WORKLOAD: Workload = {
  model: MODELS.mlp16,
  rows: createRows(MODELS.mlp16, 1),
  format: 'json',
  level: { kind: 'concurrency', concurrency: IN_FLIGHT },
};
const ASKED = oipRequest(WORKLOAD.rows, { model: NAME, input: MODELS.mlp16.input, format: 'json' });
const CONFIG = ['jobs: {maxOpenPerPrincipal: 10000000}', 'telemetry: {accessLog: false}'];

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
      const server = await startMillrace({ models: [{ name: NAME, model: WORKLOAD.model }], config: CONFIG });
      const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
      const run = () => runJobs(server, agent, isPaused);
      return {
        async warmUp() {
          if (isPaused) await fetch(`${server.url}/millrace/v1/job-queues/${NAME}/pause`, { method: 'POST' });
          await run();
        },
        measure: run,
        async close() {
          agent.destroy();
          await server.stop();
        },
      };
    },
  };
}

async function runJobs(server: RunningServer, agent: Agent, isPaused: boolean): Promise<Sample> {
  const cpuBefore = treeUsage(server.pid).cpuMs;
  const startedAt = performance.now();
  let left = JOBS;
  const lane = async () => {
    while (left-- > 0) await submit(server, agent);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  if (!isPaused) await untilIdle(server);
  const cpuMs = treeUsage(server.pid).cpuMs - cpuBefore;
  return {
    requestsPerSecond: (JOBS * 1_000) / (performance.now() - startedAt),
    cpuUsPerRequest: (cpuMs * 1_000) / JOBS,
  };
}

function submit({ url }: RunningServer, agent: Agent): Promise<void> {
  const { method, path, headers, body } = ASKED;
  const all = { ...headers, prefer: 'respond-async', 'content-length': body.byteLength };
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, url), { method, agent, headers: all }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
      if (answer.statusCode !== 202) reject(new Error(`a job was answered ${answer.statusCode}`));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

async function untilIdle({ url }: RunningServer): Promise<void> {
  for (;;) {
    const { queues } = (await (await fetch(`${url}/millrace/v1/job-queues`)).json()) as { queues: readonly unknown[] };
    if (queues.length === 0) return;
    await sleep(20);
  }
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
