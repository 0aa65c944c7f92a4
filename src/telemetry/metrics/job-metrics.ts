import type { Events } from '../../core/index.js';
import type { JobGauges, JobQueue } from '../../service/index.js';
import { type Family, type Labels, NO_LABELS, single } from './family.js';

/** Jobs: the backlog of each model and its age, for autoscalers, and how jobs have ended. */
export class JobMetrics {
  readonly #gauges: () => JobGauges;
  /** By model and state. */
  readonly #ended = new Map<string, { readonly labels: Labels; count: number }>();

  /** Attempts to notify receivers, by their outcome, and notifications by how they ended. */
  readonly #attempts = new Map<string, number>();
  readonly #notified = new Map<string, number>();

  constructor(gauges: () => JobGauges) {
    this.#gauges = gauges;
  }

  record({ model, state }: Events['jobEnded']): void {
    const key = `${model}\n${state}`;
    const ended = this.#ended.get(key) ?? { labels: { model, state }, count: 0 };
    ended.count++;
    this.#ended.set(key, ended);
  }

  recordAttempt({ outcome, state }: Events['webhookAttempted']): void {
    this.#attempts.set(outcome, (this.#attempts.get(outcome) ?? 0) + 1);
    if (state !== 'pending') this.#notified.set(state, (this.#notified.get(state) ?? 0) + 1);
  }

  families(): readonly Family[] {
    const ended = this.#ended;
    return [
      this.#ofQueues(
        'millrace_jobs_queued',
        'Jobs that wait for their turn, or for their time.',
        ({ queued }) => queued,
      ),
      this.#ofQueues('millrace_jobs_running', 'Jobs that run.', ({ running }) => running),
      this.#ofQueues(
        'millrace_jobs_oldest_seconds',
        'Time since the oldest job that is due and waits for its turn was submitted.',
        ({ oldestMs }) => oldestMs / 1_000,
      ),
      {
        name: 'millrace_jobs_stored_bytes',
        help: 'Bytes of requests and answers of jobs in the store.',
        type: 'gauge',
        collect: () => single(this.#gauges().storedBytes),
      },
      {
        name: 'millrace_jobs_ended_total',
        help: 'Jobs that have ended, by how.',
        type: 'counter',
        *collect() {
          for (const { labels, count } of ended.values()) yield { labels: {}, sharedLabels: labels, value: count };
        },
      },
      {
        name: 'millrace_job_webhooks_pending',
        help: 'Notifications of ended jobs that are not delivered yet, about.',
        type: 'gauge',
        collect: () => single(this.#gauges().pendingWebhooks),
      },
      counted(this.#attempts, {
        name: 'millrace_job_webhooks_attempts_total',
        help: 'Attempts to notify receivers.',
        label: 'outcome',
      }),
      counted(this.#notified, {
        name: 'millrace_job_webhooks_ended_total',
        help: 'Notifications that were delivered or given up.',
        label: 'state',
      }),
    ];
  }

  #ofQueues(name: string, help: string, value: (queue: JobQueue) => number): Family {
    return {
      name,
      help,
      type: 'gauge',
      collect: () =>
        this.#gauges().queues.map((queue) => ({
          labels: NO_LABELS,
          sharedLabels: { model: queue.model },
          value: value(queue),
        })),
    };
  }
}

interface Counted extends Pick<Family, 'name' | 'help'> {
  readonly label: string;
}

function counted(counts: ReadonlyMap<string, number>, { name, help, label }: Counted): Family {
  return {
    name,
    help,
    type: 'counter',
    *collect() {
      for (const [value, count] of counts) yield { labels: {}, sharedLabels: { [label]: value }, value: count };
    },
  };
}
