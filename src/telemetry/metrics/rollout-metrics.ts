import type { Events } from '../../core/index.js';
import type { RolloutGauge } from '../../service/index.js';
import type { Family, Labels, Sample } from './family.js';

/** Rollouts: how those stand that are not over, and what was decided. */
export class RolloutMetrics {
  readonly #gauges: () => readonly RolloutGauge[];
  /** By model and action. */
  readonly #decisions = new Map<string, { readonly labels: Labels; count: number }>();

  constructor(gauges: () => readonly RolloutGauge[]) {
    this.#gauges = gauges;
  }

  record({ model, action }: Events['rolloutDecided']): void {
    const key = `${model}\n${action}`;
    const decisions = this.#decisions.get(key) ?? { labels: { action, model }, count: 0 };
    decisions.count++;
    this.#decisions.set(key, decisions);
  }

  families(): readonly Family[] {
    const decisions = this.#decisions;
    return [
      this.#gauge('millrace_rollout_share', "The new version's share of the requests of a rollout, 0 to 1.", (gauge) =>
        sampleOf(gauge, gauge.weight / 100),
      ),
      this.#gauge(
        'millrace_rollout_step',
        'The step of a rollout that is in force, from 1; 0 = before the first.',
        (gauge) => sampleOf(gauge, gauge.step),
      ),
      this.#gauge(
        'millrace_rollout_evidence',
        'Evidence that the new version of a rollout is worse, as a share of what is enough to roll back.',
        (gauge) => gauge.evidence.flatMap(({ metric, share }) => sampleOf(gauge, share, { metric })),
      ),
      {
        name: 'millrace_rollout_decisions_total',
        help: 'Decisions about rollouts, by what was decided.',
        type: 'counter',
        *collect() {
          for (const { labels, count } of decisions.values()) yield { labels: {}, sharedLabels: labels, value: count };
        },
      },
    ];
  }

  #gauge(name: string, help: string, samples: (gauge: RolloutGauge) => readonly Sample[]): Family {
    return { name, help, type: 'gauge', collect: () => this.#gauges().flatMap(samples) };
  }
}

function sampleOf({ model, stable, canary }: RolloutGauge, value: number, labels: Labels = {}): readonly Sample[] {
  return [{ labels, sharedLabels: { canary: String(canary), model, stable: String(stable) }, value }];
}
