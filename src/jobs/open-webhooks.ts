import type { Clock, EventBus } from '../core/index.js';
import type { Resolve } from '../network/index.js';
import type { JobRecord, Store } from '../store/index.js';
import { answerMember, type Notification, Webhooks } from '../webhooks/index.js';
import { describeJob } from './describe-job.js';
import { encodeJob } from './encode-job.js';
import type { JobsOptions } from './options.js';

export interface OpenWebhooksSetup {
  readonly options: JobsOptions;
  readonly store: Pick<Store, 'jobs' | 'webhooks' | 'snapshots'>;
  readonly clock: Clock;
  readonly events: EventBus;
  /** How names of receivers are looked up. Default: as the system does. */
  readonly resolve?: Resolve | undefined;
}

/** Notifications of the ends of jobs: each has the job, and its answer where the caller has asked for it. */
export function openWebhooks({ options, store, clock, events, resolve }: OpenWebhooksSetup): Webhooks {
  const describe = async (record: JobRecord): Promise<Notification> => {
    const { id, state, endedAtMs = 0, answer } = record;
    // How its delivery fares is no news to the receiver, and would make each attempt another message.
    const info = { ...describeJob(record, { queuedIn: () => 0 }), webhook: undefined, removeAtMs: undefined };
    const job = encodeJob(info, endedAtMs);
    const body = answer && record.webhook?.includesAnswer ? await store.jobs.answerBody(id) : undefined;
    const included = answer && body && { answer: answerMember(answer, body, options.webhooks.maxAnswerBytes) };
    return { type: `job.${state}`, subject: id, atMs: endedAtMs, data: { job, ...included } };
  };
  return new Webhooks({ options: options.webhooks, store, clock, events, describe, resolve });
}
