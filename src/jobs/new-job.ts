import { invalidArgument, type Principal } from '../core/index.js';
import { storedIdentityOf } from '../governance/index.js';
import type { NewJob, NewWebhook } from '../store/index.js';
import { MAX_HEAD_BYTES } from './ledger.js';
import type { JobsOptions } from './options.js';
import type { JobSubmission } from './types.js';

interface NewJobParts {
  readonly id: string;
  readonly principal: Principal;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
  readonly limits: Pick<JobsOptions, 'maxAgeMs' | 'keepMs'>;
  readonly webhook: NewWebhook | undefined;
}

/** The job of a submission, with times in whole milliseconds within the limits. Throws `invalid_argument` where it, or its caller's credential, would end before it is due. */
export function newJob(submission: JobSubmission, { id, principal, nowMs, limits, webhook }: NewJobParts): NewJob {
  const { model, dialect, request, priority = 'background', notBeforeMs = nowMs } = submission;
  const { expiresInMs = limits.maxAgeMs, keepMs = limits.keepMs } = submission;
  const objects = submission.objects?.(id);
  const headBytes = Buffer.byteLength(request.url) + Buffer.byteLength(JSON.stringify([request.headers, objects]));
  if (headBytes > MAX_HEAD_BYTES) {
    throw invalidArgument(
      `URL, headers and objects of a job: expected at most ${MAX_HEAD_BYTES} bytes, got ${headBytes}`,
    );
  }
  const identity = storedIdentityOf(principal);
  if (identity.endsAtMs !== undefined && notBeforeMs >= identity.endsAtMs) {
    const [due, end] = [notBeforeMs, identity.endsAtMs].map(timeOf);
    throw invalidArgument(
      `the job would start at ${due}, and the credential of '${principal.name}' ends before, at ${end}`,
    );
  }
  const deadlineMs = nowMs + Math.ceil(Math.min(expiresInMs, limits.maxAgeMs));
  if (notBeforeMs > deadlineMs) {
    const [due, end] = [notBeforeMs, deadlineMs].map(timeOf);
    throw invalidArgument(
      `the job would start at ${due}, and expire before, at ${end} (at most jobs.maxAgeMs after its submission)`,
    );
  }
  return {
    id,
    model,
    owner: principal.ownerId,
    priority,
    principal: principal.name,
    identity: JSON.stringify(identity),
    dialect,
    request,
    objects,
    runTimeoutMs: submission.runTimeoutMs,
    createdAtMs: nowMs,
    notBeforeMs: Math.ceil(Math.max(notBeforeMs, nowMs)),
    deadlineMs,
    keepMs: Math.ceil(Math.min(keepMs, limits.keepMs)),
    webhook,
  };
}

/** Times of a century from now on have a name. */
function timeOf(timeMs: number): string {
  return timeMs < 8.64e15 ? new Date(timeMs).toISOString() : `${timeMs} ms`;
}
