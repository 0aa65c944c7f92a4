import type { Clock, Principal } from '../core/index.js';
import type { JobRecord, JobRecords } from '../store/index.js';
import { checkObjects } from '../stored-requests/index.js';
import type { Webhooks } from '../webhooks/index.js';
import { idempotencyKeyOf, known } from './idempotency.js';
import type { JobIds } from './job-ids.js';
import type { Ledger } from './ledger.js';
import { newJob } from './new-job.js';
import type { JobsOptions } from './options.js';
import type { Repair } from './repair.js';
import type { JobSubmission } from './types.js';

interface StoreParts {
  readonly records: Pick<JobRecords, 'submit' | 'earlier'>;
  readonly ledger: Ledger;
  readonly ids: JobIds;
  readonly clock: Clock;
  readonly limits: JobsOptions;
  readonly repair: Pick<Repair, 'submissionFailed'>;
  readonly webhooks: Pick<Webhooks, 'accept'>;
}

/** Stores the job of a submission. `isNew` false: the caller has sent it before, with the same idempotency key. Rejects where there is no room for it. */
export async function storeJob(
  { records, ledger, ids, clock, limits, repair, webhooks }: StoreParts,
  principal: Principal,
  submission: JobSubmission,
): Promise<{ readonly record: JobRecord; readonly isNew: boolean }> {
  const { request, body, idempotencyKey = '' } = submission;
  const { ownerId: owner } = principal;
  const nowMs = clock.wallNow();
  const key = idempotencyKey === '' ? undefined : await idempotencyKeyOf(idempotencyKey, { request, body, nowMs });
  const earlier = key && (await records.earlier(owner, key, nowMs));
  if (earlier !== undefined) return { record: known(earlier, idempotencyKey), isNew: false };
  const webhook = submission.webhook && (await webhooks.accept({ principal }, submission.webhook));
  const job = newJob(submission, { id: await ids.make(nowMs), principal, nowMs, limits, webhook });
  checkObjects(limits, principal, job.objects);
  ledger.take(owner, body.byteLength);
  let isStored = false;
  try {
    const stored = await records.submit(job, body, key);
    isStored = stored.kind === 'submitted';
    return { record: stored.kind === 'submitted' ? stored.record : known(stored, idempotencyKey), isNew: isStored };
  } catch (error) {
    repair.submissionFailed();
    throw error;
  } finally {
    if (!isStored) ledger.giveBack(owner, body.byteLength);
  }
}
