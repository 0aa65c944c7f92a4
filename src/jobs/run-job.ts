import { type Clock, type JobRun, MillraceError } from '../core/index.js';
import type { StoredIdentity } from '../governance/index.js';
import type { JobPriority, JobRequest } from '../store/index.js';
import type { JobsOptions } from './options.js';
import type { RanRequest } from './types.js';
import type { RunJob } from './worker.js';

/** Answers a stored request for its caller. Rejects where that one has no access any more. */
export type AnswerJob = (
  request: JobRequest & { readonly body: Uint8Array },
  how: {
    readonly identity: StoredIdentity;
    readonly priority: JobPriority;
    readonly job: JobRun;
    readonly limitMs: number;
    readonly signal: AbortSignal;
  },
) => Promise<RanRequest>;

interface RunJobSetup {
  readonly options: Pick<JobsOptions, 'identityMaxAgeMs' | 'runTimeoutMs'>;
  readonly clock: Clock;
  readonly answer: AnswerJob;
}

/** Runs an attempt of a job, on the account of its caller. */
export function createRunJob({ options, clock, answer }: RunJobSetup): RunJob {
  return async ({ record, body }, signal) => {
    const { principal, priority, createdAtMs } = record;
    if (body === undefined) {
      throw new MillraceError('failed_precondition', 'the file with the body of the request is missing');
    }
    // It was written by `storedIdentityOf`.
    const identity = JSON.parse(record.identity) as StoredIdentity;
    const hasGroups = identity.kind === 'oidc' || identity.kind === 'cert';
    if (hasGroups && clock.wallNow() > createdAtMs + options.identityMaxAgeMs) {
      const message = `the job of '${principal}' did not start within jobs.identityMaxAgeMs: its groups may have changed`;
      throw new MillraceError('unauthenticated', message);
    }
    const { id, version } = record;
    const how = { identity, priority, job: { id, version }, limitMs: options.runTimeoutMs, signal };
    return answer({ ...record.request, body }, how);
  };
}
