import type { Clock, EventBus, Events, TraceContext } from '../core/index.js';
import { BatchSpans } from './spans/batch-spans.js';
import { generationOf } from './spans/generation-attributes.js';
import { type EndedInference, inferenceSpans } from './spans/inference-spans.js';
import { grpcSpans, httpSpans } from './spans/server-span.js';
import { shadowSpans } from './spans/shadow-spans.js';
import type { Span } from './spans/span.js';
import { TailBuffer, type TailOptions } from './tail/tail-buffer.js';

/** Methods of gRPC that orchestrators call every few seconds. */
const PROBE = /^\/(?:grpc\.health\.v1\.Health\/|inference\.GRPCInferenceService\/(?:Server(?:Live|Ready)|ModelReady)$)/;

interface RecorderSetup {
  readonly events: EventBus;
  readonly clock: Clock;
  readonly tail: TailOptions;
  /** Keys of `baggage` that spans of requests show. */
  readonly baggage: ReadonlySet<string>;
  /** Takes the spans of one request, or a part of them. */
  readonly take: (spans: readonly Span[]) => void;
}

/**
 * Makes spans of requests that are traced: from the stamps of their calls, once all that is ready has been answered. The returned function
 * ends it.
 */
export function startRecorder({ events, clock, take, tail: options, baggage }: RecorderSetup): () => void {
  const batches = new BatchSpans();
  const findBatch = batches.find.bind(batches);
  const { epochMs } = clock;
  const context = { epochMs, baggage };
  let waiting: (() => readonly Span[])[] = [];
  const makeAll = () => {
    const made = waiting;
    waiting = [];
    for (const make of made) take(make());
  };
  const makeLater = (make: () => readonly Span[]) => {
    if (waiting.push(make) === 1) clock.defer(makeAll);
  };
  const makeInference = (ended: EndedInference) => inferenceSpans(ended, ended.call.trace as TraceContext, findBatch);
  const tail = new TailBuffer({ options, clock, take, make: makeInference });
  const endedOf = ({ call, target, rows, error, request }: Events['inferFinished']): EndedInference => {
    return { call, target, rows, error, generation: generationOf(request), endedAt: clock.now(), epochMs };
  };
  const makeHttp = (event: Events['httpFinished']) => httpSpans(event, event.call.trace as TraceContext, context);
  const makeGrpc = (event: Events['grpcFinished']) => grpcSpans(event, event.call.trace as TraceContext, context);

  const subscriptions = [
    events.subscribe('inferFinished', (event) => {
      const { trace, origin } = event.call;
      if (trace === undefined) return;
      if (trace.sampled) {
        const ended = endedOf(event);
        makeLater(() => makeInference(ended));
      } else if (origin.trace?.parentSpanId === undefined) tail.inferenceEnded(endedOf(event));
    }),
    events.subscribe('copyFinished', (event) => {
      const { trace } = event.call;
      if (trace?.sampled !== true) return;
      const ended = endedOf(event);
      makeLater(() => [...shadowSpans(ended, trace), ...makeInference(ended)]);
    }),
    events.subscribe('batchFinished', (event) => {
      if (event.members.length < 2) return;
      const span = batches.ended(event, epochMs + clock.now());
      if (span !== undefined) take([span]);
    }),
    events.subscribe('httpFinished', (event) => {
      const { trace } = event.call;
      if (trace === undefined || isRead(event)) return;
      if (trace.sampled) makeLater(() => makeHttp(event));
      else tail.requestEnded(event, makeHttp);
    }),
    events.subscribe('grpcFinished', (event) => {
      const { trace } = event.call;
      if (trace === undefined || isProbe(event)) return;
      if (trace.sampled) makeLater(() => makeGrpc(event));
      else tail.requestEnded(event, makeGrpc);
    }),
  ];
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
    makeAll();
    tail.close();
  };
}

/** A probe, a scrape or another look at the server, which only a trusted caller's trace shows. */
function isRead({ method, call }: Events['httpFinished']): boolean {
  return method === 'GET' && call.timing.resolvedAt === 0 && call.trace?.parentSpanId === undefined;
}

function isProbe({ method, call }: Events['grpcFinished']): boolean {
  return PROBE.test(method) && call.trace?.parentSpanId === undefined;
}
