import type { ErrorCode, Events } from '../../core/index.js';
import { Distribution, DURATIONS } from './distribution.js';
import { type Family, histogramSamples, type Labels } from './family.js';

/** What has been counted of one arm of a route, and one version that answered for it. */
class ArmMetrics {
  readonly labels: Labels;
  readonly outcomes = new Map<ErrorCode | 'ok', number>();
  readonly duration = new Distribution(DURATIONS);

  constructor(labels: Labels) {
    this.labels = labels;
  }
}

/** Requests of routes by arm. There are as many of them as routes have arms, times the versions that these stood for. */
export class RouteMetrics {
  readonly #arms = new Map<string, ArmMetrics>();

  record({ call: { timing }, ref, error }: Events['inferFinished']): void {
    const { route, arm } = timing;
    if (route === '' || ref === undefined) return;
    const key = `${route}\n${arm}\n${ref.name}\n${ref.version}`;
    let metrics = this.#arms.get(key);
    if (metrics === undefined) {
      metrics = new ArmMetrics({ arm, model: ref.name, route, version: String(ref.version) });
      this.#arms.set(key, metrics);
    }
    const code = error?.code ?? 'ok';
    metrics.outcomes.set(code, (metrics.outcomes.get(code) ?? 0) + 1);
    if (error === undefined && timing.finishedAt > 0) {
      metrics.duration.observe(timing.finishedAt - timing.receivedAt);
    }
  }

  families(): readonly Family[] {
    const arms = this.#arms;
    return [
      {
        name: 'millrace_route_requests_total',
        help: 'Settled inference calls of routes, by arm and outcome.',
        type: 'counter',
        *collect() {
          for (const { labels, outcomes } of arms.values()) {
            for (const [code, value] of outcomes) yield { labels: { code }, sharedLabels: labels, value };
          }
        },
      },
      {
        name: 'millrace_route_request_duration_seconds',
        help: 'From the first byte of a successful request of a route to the end of its computation, by arm.',
        type: 'histogram',
        *collect() {
          for (const { labels, duration, outcomes } of arms.values()) {
            if (outcomes.has('ok'))
              yield* histogramSamples('millrace_route_request_duration_seconds', labels, duration);
          }
        },
      },
    ];
  }
}
