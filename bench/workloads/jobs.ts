import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ratioBar } from '../harness/bars.js';
import { JOBS_MODEL, pauseJobs } from '../harness/jobs-client.js';
import { inRoot } from '../harness/paths.js';
import { interleavedRow } from '../harness/rounds.js';
import type { BarSpec, Contestant, Row } from '../harness/row.js';
import { startMillrace } from '../harness/servers.js';
import { millrace } from './contestants.js';
import { jobsBesideRow } from './jobs-beside.js';
import { IN_FLIGHT, JOBS, JOBS_CONFIG, runJobs, WORKLOAD } from './jobs-run.js';
import { storedJobsRow } from './jobs-stored.js';

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
    storedJobsRow(),
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
      const server = await startMillrace({
        models: [{ name: JOBS_MODEL, model: WORKLOAD.model }],
        config: JOBS_CONFIG,
      });
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
