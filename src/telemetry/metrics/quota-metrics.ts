import type { Events } from '../../core/index.js';
import { type Family, type Labels, NO_LABELS } from './family.js';

/** Requests that quotas have refused. Which quotas there are, the settings say. */
export class QuotaMetrics {
  readonly #refused = new Map<string, { readonly labels: Labels; count: number }>();

  record({ quota, limit }: Events['quotaExceeded']): void {
    const key = `${quota}\n${limit}`;
    const known = this.#refused.get(key);
    if (known === undefined) this.#refused.set(key, { labels: { limit, quota }, count: 1 });
    else known.count++;
  }

  families(): readonly Family[] {
    const refused = this.#refused;
    return [
      {
        name: 'millrace_quota_rejections_total',
        help: 'Requests that were refused since a quota is used up, by quota and limit.',
        type: 'counter',
        *collect() {
          for (const { labels, count } of refused.values()) yield { labels, sharedLabels: NO_LABELS, value: count };
        },
      },
    ];
  }
}
