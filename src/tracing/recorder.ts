import type { Clock, EventBus, Events } from '../core/index.js';
import { BatchSpans } from './spans/batch-spans.js';
import { inferenceSpans } from './spans/inference-spans.js';
import { grpcSpans, httpSpans } from './spans/server-span.js';
import type { Span } from './spans/span.js';

/** Methods of gRPC that orchestrators call every few seconds. */
const PROBE = /^\/(?:grpc\.health\.v1\.Health\/|inference\.GRPCInferenceService\/(?:Server(?:Live|Ready)|ModelReady)$)/;

interface RecorderSetup {
  readonly events: EventBus;
  readonly clock: Clock;
  /** Takes the spans of one request, or a part of them. */
  readonly take: (spans: readonly Span[]) => void;
}

/**
 * Makes spans of requests that are traced: from the stamps of their calls, once all that is ready has been answered. The returned function
 * ends it.
 */
export function startRecorder({ events, clock, take }: RecorderSetup): () => void {
  const batches = new BatchSpans();
  const findBatch = batches.find.bind(batches);
  const { epochMs } = clock;
  let waiting: (() => readonly Span[])[] = [];
  const makeAll = () => {
    const made = waiting;
    waiting = [];
    for (const make of made) take(make());
  };
  const makeLater = (make: () => readonly Span[]) => {
    if (waiting.push(make) === 1) clock.defer(makeAll);
  };

  const subscriptions = [
    events.subscribe('inferFinished', (event) => {
      const { call, target, rows, error } = event;
      const { trace } = call;
      if (trace?.sampled !== true) return;
      const ended = { call, target, rows, error, endedAt: clock.now(), epochMs };
      makeLater(() => inferenceSpans(ended, trace, findBatch));
    }),
    events.subscribe('batchFinished', (event) => {
      if (event.members.length < 2) return;
      const span = batches.ended(event, epochMs + clock.now());
      if (span !== undefined) take([span]);
    }),
    events.subscribe('httpFinished', (event) => {
      const { trace } = event.call;
      if (trace?.sampled === true && !isRead(event)) makeLater(() => httpSpans(event, trace, epochMs));
    }),
    events.subscribe('grpcFinished', (event) => {
      const { trace } = event.call;
      if (trace?.sampled === true && !isProbe(event)) makeLater(() => grpcSpans(event, trace, epochMs));
    }),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
    makeAll();
  };
}

/** A probe, a scrape or another look at the server, which only a trusted caller's trace shows. */
function isRead({ method, call }: Events['httpFinished']): boolean {
  return method === 'GET' && call.timing.resolvedAt === 0 && call.trace?.parentSpanId === undefined;
}

function isProbe({ method, call }: Events['grpcFinished']): boolean {
  return PROBE.test(method) && call.trace?.parentSpanId === undefined;
}
