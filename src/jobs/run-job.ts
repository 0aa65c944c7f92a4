import { type Clock, MillraceError } from '../core/index.js';
import type { StoredIdentity } from '../governance/index.js';
import { type AnswerRequest, isIdentityStale } from '../stored-requests/index.js';
import type { JobsOptions } from './options.js';
import type { RunJob } from './worker.js';

interface RunJobSetup {
  readonly options: Pick<JobsOptions, 'identityMaxAgeMs' | 'runTimeoutMs'>;
  readonly clock: Clock;
  readonly answer: AnswerRequest;
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
    if (isIdentityStale(identity, clock.wallNow() - createdAtMs, options.identityMaxAgeMs)) {
      const message = `the job of '${principal}' did not start within jobs.identityMaxAgeMs: its groups may have changed`;
      throw new MillraceError('unauthenticated', message);
    }
    return answer({ ...record.request, body }, { identity, priority, limitMs: options.runTimeoutMs, signal });
  };
}
