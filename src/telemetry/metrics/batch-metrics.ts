import type { Events } from '../../core/index.js';
import type { BatchGauges, FileGauges } from '../../service/index.js';
import { type Family, type Labels, single } from './family.js';

/** Files and batches: the backlog and its age, for autoscalers, and how batches and their requests have ended. */
export class BatchMetrics {
  readonly #files: () => FileGauges;
  readonly #batches: () => BatchGauges;
  readonly #ended = new Map<string, { readonly labels: Labels; count: number }>();
  #completed = 0;
  #failed = 0;

  constructor(gauges: { readonly files: () => FileGauges; readonly batches: () => BatchGauges }) {
    this.#files = gauges.files;
    this.#batches = gauges.batches;
  }

  progressed({ completed, failed }: Events['batchProgressed']): void {
    this.#completed += completed;
    this.#failed += failed;
  }

  ended({ state }: Events['batchEnded']): void {
    const ended = this.#ended.get(state) ?? { labels: { state }, count: 0 };
    ended.count++;
    this.#ended.set(state, ended);
  }

  families(): readonly Family[] {
    const ended = this.#ended;
    const lines = () => [
      { labels: {}, sharedLabels: { outcome: 'completed' }, value: this.#completed },
      { labels: {}, sharedLabels: { outcome: 'failed' }, value: this.#failed },
    ];
    return [
      this.#gauge('millrace_batches_waiting', 'Batches that wait for their turn.', ({ waiting }) => waiting),
      this.#gauge('millrace_batches_running', 'Batches that run.', ({ running }) => running),
      this.#gauge('millrace_batches_queued_lines', 'Requests of batches that have no result yet.', (all) => all.lines),
      this.#gauge(
        'millrace_batches_oldest_seconds',
        'Time since the oldest batch that has not ended was created.',
        ({ oldestMs }) => oldestMs / 1_000,
      ),
      {
        name: 'millrace_batches_lines_total',
        help: 'Requests of batches that have a result, by how.',
        type: 'counter',
        collect: lines,
      },
      {
        name: 'millrace_batches_ended_total',
        help: 'Batches that have ended, by how.',
        type: 'counter',
        *collect() {
          for (const { labels, count } of ended.values()) yield { labels: {}, sharedLabels: labels, value: count };
        },
      },
      {
        name: 'millrace_files',
        help: 'Files of callers.',
        type: 'gauge',
        collect: () => single(this.#files().files),
      },
      {
        name: 'millrace_files_bytes',
        help: 'Bytes of files of callers, of parts of uploads, and of results that batches have written.',
        type: 'gauge',
        collect: () => single(this.#files().bytes),
      },
    ];
  }

  #gauge(name: string, help: string, value: (gauges: BatchGauges) => number): Family {
    return { name, help, type: 'gauge', collect: () => single(value(this.#batches())) };
  }
}
