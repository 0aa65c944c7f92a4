import type { Events } from '../../core/index.js';
import { type Family, type Labels, NO_LABELS } from './family.js';

/** Connections that limits have ended or refused. */
export class ConnectionMetrics {
  readonly #counts = new Map<string, { readonly labels: Labels; count: number }>();

  record({ transport, outcome }: Events['connectionLimited']): void {
    const key = `${transport} ${outcome}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { labels: { transport, outcome }, count: 1 });
    else known.count++;
  }

  families(): readonly Family[] {
    const counts = this.#counts;
    return [
      {
        name: 'millrace_connections_limited_total',
        help: 'Connections ended or refused by limits: `evicted` = idle, for a new one; `refused` = new, and none was idle; `flood` = too many frames.',
        type: 'counter',
        *collect() {
          for (const { labels, count } of counts.values()) yield { labels, sharedLabels: NO_LABELS, value: count };
        },
      },
    ];
  }
}
