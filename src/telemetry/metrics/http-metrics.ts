import type { Events } from '../../core/index.js';
import { Distribution, DURATIONS } from './distribution.js';
import { type Family, histogramSamples, type Labels, NO_LABELS } from './family.js';

/** Any word may stand where a method should, so others share one label value. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const UNMATCHED = 'unmatched';

/** What has been counted of one route pattern. */
class RouteMetrics {
  readonly labels: Labels;
  requestBytes = 0;
  responseBytes = 0;
  readonly duration = new Distribution(DURATIONS);
  readonly decode = new Distribution(DURATIONS);
  readonly encode = new Distribution(DURATIONS);
  /** Requests by method, then status. */
  readonly requests = new Map<string, Map<number, number>>();
  /** Requests with parameters that were ignored. */
  ignoring = 0;

  constructor(route: string) {
    this.labels = { route };
  }

  record({ method, status, requestBytes, responseBytes, durationMs, call: { timing } }: Events['httpFinished']): void {
    this.requestBytes += requestBytes;
    this.responseBytes += responseBytes;
    this.duration.observe(durationMs);
    if (timing.decodedAt > 0) this.decode.observe(timing.decodedAt - timing.receivedAt);
    if (timing.ignored.length > 0) this.ignoring++;
    if (timing.encodeMs > 0) this.encode.observe(timing.encodeMs);
    const statuses = this.#statuses(METHODS.has(method) ? method : 'other');
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }

  #statuses(method: string): Map<number, number> {
    const known = this.requests.get(method);
    if (known !== undefined) return known;
    const statuses = new Map<number, number>();
    this.requests.set(method, statuses);
    return statuses;
  }
}

/** Counts requests of the HTTP server by route pattern, method and status: as many series as there are of those. */
export class HttpMetrics {
  readonly #routes = new Map<string, RouteMetrics>();

  record(event: Events['httpFinished']): void {
    let route = this.#routes.get(event.route);
    if (route === undefined) {
      route = new RouteMetrics(event.route || UNMATCHED);
      this.#routes.set(event.route, route);
    }
    route.record(event);
  }

  families(): readonly Family[] {
    const routes = this.#routes;
    const histogram = (name: string, help: string, read: (route: RouteMetrics) => Distribution): Family => ({
      name,
      help,
      type: 'histogram',
      *collect() {
        for (const route of routes.values()) {
          const data = read(route);
          if (data.sum > 0) yield* histogramSamples(name, route.labels, data);
        }
      },
    });
    const bytes = (name: string, help: string, read: (route: RouteMetrics) => number): Family => ({
      name,
      help,
      type: 'counter',
      *collect() {
        for (const route of routes.values()) {
          yield { labels: NO_LABELS, sharedLabels: route.labels, value: read(route) };
        }
      },
    });
    return [
      requestCounter(routes),
      ignoringCounter(routes),
      histogram('millrace_http_request_duration_seconds', 'Duration of HTTP requests.', (route) => route.duration),
      histogram('millrace_request_decode_seconds', 'From first byte to decoded request.', (route) => route.decode),
      histogram('millrace_request_encode_seconds', 'Time to encode the answer.', (route) => route.encode),
      bytes('millrace_http_request_bytes_total', 'Bytes of request bodies.', (route) => route.requestBytes),
      bytes('millrace_http_response_bytes_total', 'Bytes of response bodies.', (route) => route.responseBytes),
    ];
  }
}

function ignoringCounter(routes: ReadonlyMap<string, RouteMetrics>): Family {
  return {
    name: 'millrace_http_requests_with_ignored_parameters_total',
    help: 'HTTP requests with parameters that have no effect on their answers.',
    type: 'counter',
    *collect() {
      for (const { labels, ignoring } of routes.values()) {
        if (ignoring > 0) yield { labels: NO_LABELS, sharedLabels: labels, value: ignoring };
      }
    },
  };
}

function requestCounter(routes: ReadonlyMap<string, RouteMetrics>): Family {
  return {
    name: 'millrace_http_requests_total',
    help: 'HTTP requests answered.',
    type: 'counter',
    *collect() {
      for (const { labels, requests } of routes.values()) {
        for (const [method, statuses] of requests) {
          for (const [status, value] of statuses) {
            yield { labels: { method, status: String(status) }, sharedLabels: labels, value };
          }
        }
      }
    },
  };
}
