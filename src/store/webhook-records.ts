import type { JobRecord } from './jobs.js';
import type { JobWebhook } from './webhooks.js';

/** Pending notifications of one owner to one host. */
export interface WebhookLane {
  readonly owner: string;
  /** Host and port of the URL. */
  readonly host: string;
}

/** What an attempt makes of a notification: applied where the job still ended then, and it has had as many attempts. */
export interface WebhookTransition {
  readonly job: Pick<JobRecord, 'number' | 'endedAtMs'>;
  readonly attempts: number;
  readonly to: Pick<JobWebhook, 'state' | 'attempts' | 'dueAtMs' | 'status' | 'error'>;
}

/**
 * Notifications of jobs' ends: an outbox. A notification is submitted with its job, becomes `pending` in the transaction of the job's final
 * transition, and is removed with the job.
 */
export interface WebhookRecords {
  /** Lanes that have pending notifications, and when the first of each is due. */
  lanes(): Promise<readonly (WebhookLane & { readonly dueAtMs: number })[]>;
  /** Jobs of the lane whose notifications are pending, in the order in which these are due. */
  next(lane: WebhookLane, limit: number): Promise<readonly JobRecord[]>;
  /** Whether it was applied. */
  settle(transition: WebhookTransition): Promise<boolean>;
  /** Makes a notification pending that has failed, without attempts, and keeps its job `maxAgeMs` longer. False = it has not failed, or there is none. */
  redeliver(job: string, at: { readonly nowMs: number; readonly maxAgeMs: number }): Promise<boolean>;
}
