import type { Events } from '../../core/index.js';
import { type Family, type Labels, NO_LABELS } from './family.js';

/** Failed writes to the standard streams of the process. */
export class OutputMetrics {
  readonly #failures = new Map<string, { readonly labels: Labels; count: number }>();

  record({ stream, code }: Events['outputFailed']): void {
    const key = `${stream}\n${code}`;
    const known = this.#failures.get(key);
    if (known === undefined) this.#failures.set(key, { labels: { stream, code }, count: 1 });
    else known.count++;
  }

  families(): readonly Family[] {
    const failures = this.#failures;
    return [
      {
        name: 'millrace_output_failures_total',
        help: 'Failed writes to the standard output and the standard error, by stream and error code of the system.',
        type: 'counter',
        *collect() {
          for (const { labels, count } of failures.values()) yield { labels, sharedLabels: NO_LABELS, value: count };
        },
      },
    ];
  }
}
