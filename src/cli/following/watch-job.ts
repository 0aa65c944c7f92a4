import type { Job } from '../../api/index.js';
import type { MillraceApi } from '../../client/index.js';
import type { Io } from '../io.js';
import { lookPatiently } from './outages.js';

export interface Watching {
  readonly api: MillraceApi;
  readonly id: string;
  /** Called with the job as it is first, and after each change of its state. */
  readonly show: (job: Job) => void;
  readonly signal: AbortSignal;
  /** Of one request, beyond the wait that it asks for; default 10 s. */
  readonly timeoutMs?: number | undefined;
}

const REQUEST_TIMEOUT_MS = 10_000;
/** Between two looks at a server that answers before the wait is over. */
const MIN_INTERVAL_MS = 1_000;
/** The server answers sooner where the job ends, but not where it starts. */
const QUEUED_WAIT_S = 2;
const RUNNING_WAIT_S = 10;

/** Follows a job until it has ended, also while the server restarts. Rejects where the first request fails, and where the server stays away later. */
export async function watchJob(io: Pick<Io, 'clock' | 'stderr'>, watching: Watching): Promise<Job> {
  const { show, signal } = watching;
  let job = await look(watching, 0);
  show(job);
  job = await followEvents(watching, job);
  while (job.ended_at === undefined) {
    const waitS = job.state === 'queued' ? QUEUED_WAIT_S : RUNNING_WAIT_S;
    const sinceMs = io.clock.now();
    const next = await lookPatiently(io, () => look(watching, waitS), { signal });
    const isNews = next.state !== job.state || next.attempts !== job.attempts;
    job = next;
    if (isNews) show(job);
    const restMs = MIN_INTERVAL_MS - (io.clock.now() - sinceMs);
    if (job.ended_at !== undefined || restMs <= 0) continue;
    await io.clock.sleep(restMs, signal);
    signal.throwIfAborted();
  }
  return job;
}

/** The job as its events leave it. A server without them, and one that breaks them off, is asked again and again instead. */
async function followEvents({ api, id, show, signal }: Watching, known: Job): Promise<Job> {
  let job = known;
  try {
    if (job.ended_at !== undefined) return job;
    for await (const next of api.jobEvents(id, { after: job.version, signal })) {
      job = next;
      show(job);
    }
  } catch {
    signal.throwIfAborted();
  }
  return job;
}

async function look({ api, id, signal, timeoutMs = REQUEST_TIMEOUT_MS }: Watching, waitS: number): Promise<Job> {
  const request = { params: { job: id }, headers: { prefer: `wait=${waitS}` } };
  const { body } = await api.ask('GET /jobs/{job}/status', request, { timeoutMs: timeoutMs + waitS * 1_000, signal });
  return body;
}
