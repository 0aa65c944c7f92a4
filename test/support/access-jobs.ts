import type { AccessRow } from './access-row.js';

/** No caller has a job by this id: other rights are checked in test/e2e/jobs-api.test.ts. */
const JOB: AccessRow = { needs: 'a credential', answers: 404 };
const OWN: AccessRow = { needs: 'a credential' };

/** HTTP routes of jobs, by method and path. */
export const JOB_ROWS: Readonly<Record<string, AccessRow>> = {
  'GET /millrace/v1/jobs': OWN,
  'GET /millrace/v1/jobs/{job}': JOB,
  'DELETE /millrace/v1/jobs/{job}': JOB,
  'GET /millrace/v1/jobs/{job}/status': JOB,
  'GET /millrace/v1/jobs/{job}/events': JOB,
  'POST /millrace/v1/jobs/{job}/cancel': JOB,
  'POST /millrace/v1/jobs/{job}/retry': JOB,
  'POST /millrace/v1/jobs/{job}/redeliver': JOB,
  'GET /millrace/v1/job-queues': OWN,
  'POST /millrace/v1/job-queues/{model}/pause': { needs: 'job.change', audit: 'job.pause' },
  'POST /millrace/v1/job-queues/{model}/resume': { needs: 'job.change', audit: 'job.resume' },
  'GET /millrace/v1/webhook-secret': OWN,
  'POST /millrace/v1/webhook-secret': { needs: 'model.infer', on: 'anything', audit: 'webhookSecret.rotate' },
};
