import type { Events } from '../../core/index.js';
import { Distribution, DURATIONS } from './distribution.js';
import { type Family, histogramSamples, type Labels, NO_LABELS } from './family.js';

/** How a copied request has ended: both answers alike or not, or one of them, or both, an error. */
type Outcome = 'agreed' | 'disagreed' | 'shadow_failed' | 'primary_failed' | 'both_failed';

class PairMetrics {
  readonly labels: Labels;
  readonly outcomes = new Map<Outcome, number>();
  readonly compute = new Distribution(DURATIONS);

  constructor(labels: Labels) {
    this.labels = labels;
  }
}

/** Copies of requests by route and the version that got them. */
export class ShadowMetrics {
  readonly #pairs = new Map<string, PairMetrics>();
  readonly #dropped = new Map<string, { readonly labels: Labels; count: number }>();

  compared(event: Events['shadowCompared']): void {
    const { route, shadow, computeMs } = event;
    const key = `${route}\n${shadow.name}\n${shadow.version}`;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = new PairMetrics({ model: shadow.name, route, version: String(shadow.version) });
      this.#pairs.set(key, pair);
    }
    const outcome = outcomeOf(event);
    pair.outcomes.set(outcome, (pair.outcomes.get(outcome) ?? 0) + 1);
    if (computeMs !== undefined) pair.compute.observe(computeMs);
  }

  dropped({ route, reason }: Events['shadowDropped']): void {
    const key = `${route}\n${reason}`;
    const known = this.#dropped.get(key);
    if (known === undefined) this.#dropped.set(key, { labels: { reason, route }, count: 1 });
    else known.count++;
  }

  families(): readonly Family[] {
    const pairs = this.#pairs;
    const dropped = this.#dropped;
    return [
      {
        name: 'millrace_shadow_requests_total',
        help: 'Copied requests of routes that both versions have ended, by the version that got the copy and how the answers compare.',
        type: 'counter',
        *collect() {
          for (const { labels, outcomes } of pairs.values()) {
            for (const [outcome, value] of outcomes) yield { labels: { outcome }, sharedLabels: labels, value };
          }
        },
      },
      {
        name: 'millrace_shadow_dropped_total',
        help: 'Requests that were to be copied and were not, by reason.',
        type: 'counter',
        *collect() {
          for (const { labels, count } of dropped.values()) yield { labels, sharedLabels: NO_LABELS, value: count };
        },
      },
      {
        name: 'millrace_shadow_compute_duration_seconds',
        help: 'Computation of copied requests, by the version that got them.',
        type: 'histogram',
        *collect() {
          for (const { labels, compute } of pairs.values()) {
            yield* histogramSamples('millrace_shadow_compute_duration_seconds', labels, compute);
          }
        },
      },
    ];
  }
}

function outcomeOf({ agrees, primaryError, shadowError }: Events['shadowCompared']): Outcome {
  if (primaryError !== undefined) return shadowError === undefined ? 'primary_failed' : 'both_failed';
  if (shadowError !== undefined) return 'shadow_failed';
  return agrees ? 'agreed' : 'disagreed';
}
