import { setTimeout as sleep } from 'node:timers/promises';
import { treeUsage } from '../../src/loadgen/index.js';
import { JOBS_MODEL, queuedJobs, submitJobs } from '../harness/jobs-client.js';
import { MODELS } from '../harness/models.js';
import { createRows, oipRequest } from '../harness/requests.js';
import type { Sample } from '../harness/sample.js';
import type { RunningServer } from '../harness/server-process.js';
import type { Workload } from './contestants.js';

/** Submissions that are under way at once. */
export const IN_FLIGHT = 64;
export const JOBS = 5_000;
export const WORKLOAD: Workload = {
  model: MODELS.mlp16,
  rows: createRows(MODELS.mlp16, 1),
  format: 'json',
  level: { kind: 'concurrency', concurrency: IN_FLIGHT },
};
const ASKED = oipRequest(WORKLOAD.rows, { model: JOBS_MODEL, input: MODELS.mlp16.input, format: 'json' });
export const JOBS_CONFIG = [
  'repository: {controlMode: explicit, loadModels: ["*"]}',
  'jobs: {maxOpenPerPrincipal: 10000000, maxBytesPerPrincipal: 100000000000, maxBytes: 100000000000}',
  'telemetry: {accessLog: false}',
];

/** Submits the jobs; unless their model is paused, until they have ended. */
export async function runJobs(server: RunningServer, isPaused: boolean): Promise<Sample> {
  const queuedBefore = await queuedJobs(server);
  const cpuBefore = treeUsage(server.pid).cpuMs;
  const startedAt = performance.now();
  await submitJobs(server, { asked: ASKED, jobs: JOBS, inFlight: IN_FLIGHT });
  while (!isPaused && (await queuedJobs(server)) > queuedBefore) await sleep(20);
  const cpuMs = treeUsage(server.pid).cpuMs - cpuBefore;
  return {
    requestsPerSecond: (JOBS * 1_000) / (performance.now() - startedAt),
    cpuUsPerRequest: (cpuMs * 1_000) / JOBS,
  };
}
