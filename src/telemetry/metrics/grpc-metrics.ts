import type { Events } from '../../core/index.js';
import { grpcStatusName } from '../../protocols/index.js';
import { Distribution, DURATIONS } from './distribution.js';
import { type Family, histogramSamples, type Labels, NO_LABELS } from './family.js';

const UNMATCHED = 'unmatched';

/** What has been counted of one method. */
class MethodMetrics {
  readonly labels: Labels;
  requestBytes = 0;
  responseBytes = 0;
  requestMessages = 0;
  responseMessages = 0;
  readonly duration = new Distribution(DURATIONS);
  readonly calls = new Map<number, number>();

  constructor(method: string) {
    this.labels = { method };
  }

  record(event: Events['grpcFinished']): void {
    this.requestBytes += event.requestBytes;
    this.responseBytes += event.responseBytes;
    this.requestMessages += event.requestMessages;
    this.responseMessages += event.responseMessages;
    this.duration.observe(event.durationMs);
    this.calls.set(event.status, (this.calls.get(event.status) ?? 0) + 1);
  }
}

/** Counts gRPC calls by method and status: as many series as there are of those. */
export class GrpcMetrics {
  readonly #methods = new Map<string, MethodMetrics>();

  record(event: Events['grpcFinished']): void {
    let method = this.#methods.get(event.method);
    if (method === undefined) {
      method = new MethodMetrics(event.method || UNMATCHED);
      this.#methods.set(event.method, method);
    }
    method.record(event);
  }

  families(): readonly Family[] {
    const methods = this.#methods;
    const counter = (name: string, help: string, read: (method: MethodMetrics) => number): Family => ({
      name,
      help,
      type: 'counter',
      *collect() {
        for (const method of methods.values()) {
          yield { labels: NO_LABELS, sharedLabels: method.labels, value: read(method) };
        }
      },
    });
    return [
      callCounter(methods),
      durationHistogram(methods),
      counter('millrace_grpc_received_messages_total', 'Messages from clients.', (method) => method.requestMessages),
      counter('millrace_grpc_sent_messages_total', 'Messages to clients.', (method) => method.responseMessages),
      counter('millrace_grpc_request_bytes_total', 'Bytes of messages from clients.', (method) => method.requestBytes),
      counter('millrace_grpc_response_bytes_total', 'Bytes of messages to clients.', (method) => method.responseBytes),
    ];
  }
}

function callCounter(methods: ReadonlyMap<string, MethodMetrics>): Family {
  return {
    name: 'millrace_grpc_calls_total',
    help: 'gRPC calls that have ended.',
    type: 'counter',
    *collect() {
      for (const { labels, calls } of methods.values()) {
        for (const [status, value] of calls) {
          yield { labels: { status: grpcStatusName(status) }, sharedLabels: labels, value };
        }
      }
    },
  };
}

function durationHistogram(methods: ReadonlyMap<string, MethodMetrics>): Family {
  const name = 'millrace_grpc_call_duration_seconds';
  return {
    name,
    help: 'Duration of gRPC calls; of streams, how long they were open.',
    type: 'histogram',
    *collect() {
      for (const { labels, duration } of methods.values()) {
        if (duration.sum > 0) yield* histogramSamples(name, labels, duration);
      }
    },
  };
}
