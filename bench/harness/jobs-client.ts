import { Agent, request } from 'node:http';
import type { JobQueue } from '../../src/api/index.js';
import type { LoadRequest } from '../../src/loadgen/index.js';
import type { RunningServer } from './server-process.js';

/** Name of the model whose jobs are measured. */
export const JOBS_MODEL = 'm';
const QUEUES = '/millrace/v1/job-queues';

export interface Submission {
  readonly asked: LoadRequest;
  readonly jobs: number;
  /** Submissions that are under way at once. */
  readonly inFlight: number;
}

/** Submits the request as so many jobs. Rejects where one is not accepted. */
export async function submitJobs(server: RunningServer, { asked, jobs, inFlight }: Submission): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  let left = jobs;
  const lane = async () => {
    while (left-- > 0) await submit(server, agent, asked);
  };
  try {
    await Promise.all(Array.from({ length: inFlight }, lane));
  } finally {
    agent.destroy();
  }
}

function submit({ url }: RunningServer, agent: Agent, { method, path, headers, body }: LoadRequest): Promise<void> {
  const all = { ...headers, prefer: 'respond-async', 'content-length': body.byteLength };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { method, agent, headers: all }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
      if (answer.statusCode !== 202) reject(new Error(`a job was answered ${answer.statusCode}`));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Jobs of the server that have not ended. */
export async function queuedJobs({ url }: RunningServer): Promise<number> {
  const answer = await fetch(`${url}${QUEUES}`);
  const { queues } = (await answer.json()) as { queues: readonly JobQueue[] };
  return queues.reduce((sum, { queued, running }) => sum + queued + running, 0);
}

export function pauseJobs(server: RunningServer): Promise<void> {
  return post(server, 'pause');
}

export function resumeJobs(server: RunningServer): Promise<void> {
  return post(server, 'resume');
}

async function post({ url }: RunningServer, verb: string): Promise<void> {
  const answer = await fetch(`${url}${QUEUES}/${JOBS_MODEL}/${verb}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`${verb} of jobs was answered ${answer.status}`);
}
