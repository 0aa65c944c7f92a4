import {
  type Attempt,
  attemptSpanId,
  type Call,
  type InferTarget,
  type MillraceError,
  type SpanLink,
  type TraceContext,
} from '../../core/index.js';
import { type Generation, generationAttributes, tokenAttributes } from './generation-attributes.js';
import { OWN_NAMES } from './names.js';
import { type Attributes, NO_LINKS, SPAN_KINDS, type Span } from './span.js';
import { childSpan, describeError, type ParentSpan, toMicroseconds } from './stages.js';

/** An inference that has ended. */
export interface EndedInference {
  readonly call: Call;
  readonly target: InferTarget;
  readonly rows: number;
  readonly generation: Generation | undefined;
  readonly error: MillraceError | undefined;
  /** On the clock of its timing. */
  readonly endedAt: number;
  readonly epochMs: number;
}

/** The span of the batch in which an attempt ran; undefined = it has none of its own. */
export type FindBatch = (attempt: Attempt, rows: number) => SpanLink | undefined;

/**
 * A span for each attempt of an inference, and below it what its time went to. Attempts of a call from outside are below the span of its
 * request; those of a call on behalf of another one below the attempt that has made it.
 */
export function inferenceSpans(inference: EndedInference, trace: TraceContext, findBatch: FindBatch): readonly Span[] {
  const { call, error, endedAt } = inference;
  const { earlierAttempts, answeredBy, route, arm } = call.timing;
  // Not `attemptsOf`, which copies the stamps of the last one.
  const attempts: readonly Attempt[] = [...earlierAttempts, { answeredBy, route, arm, timing: call.timing, error }];
  let startedAt = startOf(call);
  return attempts.flatMap((attempt, index) => {
    const isLast = index === attempts.length - 1;
    const end = isLast ? endedAt : attempt.timing.finishedAt || attempts[index + 1]?.timing.enqueuedAt || endedAt;
    const times = { startedAt, endedAt: Math.max(startedAt, end) };
    startedAt = times.endedAt;
    return attemptSpans({ attempt, index, isLast, ...times }, inference, { trace, findBatch });
  });
}

/** A child call begins where it is made; any other inference where its version has been chosen. */
function startOf({ timing, trace }: Call): number {
  const { receivedAt, resolvedAt } = timing;
  return trace?.localParentSpanId === undefined ? resolvedAt || receivedAt : receivedAt;
}

interface TimedAttempt {
  readonly attempt: Attempt;
  readonly index: number;
  readonly isLast: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
}

function attemptSpans(
  { attempt, index, isLast, startedAt, endedAt }: TimedAttempt,
  inference: EndedInference,
  { trace, findBatch }: { readonly trace: TraceContext; readonly findBatch: FindBatch },
): readonly Span[] {
  const { epochMs, target, generation } = inference;
  const { traceId, state } = trace;
  const spanId = attemptSpanId(trace.spanId, index);
  const span: Span = {
    name: `${generation?.operation ?? 'infer'} ${attempt.answeredBy?.name ?? target.name}`,
    kind: SPAN_KINDS.internal,
    traceId,
    spanId,
    parentSpanId: trace.localParentSpanId ?? trace.spanId,
    hasRemoteParent: false,
    state,
    startMs: epochMs + startedAt,
    endMs: epochMs + endedAt,
    attributes: attributesOf(attempt, index, { ...inference, isLast }),
    links: NO_LINKS,
    isError: attempt.error !== undefined,
  };
  const parent: ParentSpan = { traceId, parentSpanId: spanId, state, epochMs };
  const batch = findBatch(attempt, inference.rows);
  return [span, ...stepSpans(attempt, { parent, endedAt, batch })];
}

function attributesOf(
  { answeredBy, route, arm, error }: Attempt,
  index: number,
  { call, target, rows, generation, isLast }: EndedInference & { readonly isLast: boolean },
): Attributes {
  const attributes: Attributes = { [OWN_NAMES.model]: answeredBy?.name ?? target.name, [OWN_NAMES.rows]: rows };
  if (answeredBy !== undefined) attributes[OWN_NAMES.version] = String(answeredBy.version);
  if (route !== '') {
    attributes[OWN_NAMES.route] = route;
    attributes[OWN_NAMES.arm] = arm;
  }
  if (index > 0) attributes[OWN_NAMES.attempt] = index + 1;
  if (call.callers.length > 0) attributes[OWN_NAMES.callers] = call.callers;
  // What a call has taken is known of its last attempt.
  if (isLast) Object.assign(attributes, answerAttributes({ call, target, generation }, answeredBy));
  describeError(attributes, error);
  return attributes;
}

function answerAttributes(
  { call, target, generation }: Pick<EndedInference, 'call' | 'target' | 'generation'>,
  answeredBy: Attempt['answeredBy'],
): Attributes {
  if (generation === undefined) return tokenAttributes(call.timing);
  const answered = answeredBy === undefined ? target.name : `${answeredBy.name}/${answeredBy.version}`;
  return generationAttributes(generation, { requested: target.name, answered }, call.timing);
}

interface AttemptEnd {
  readonly parent: ParentSpan;
  /** Of the attempt. */
  readonly endedAt: number;
  readonly batch: SpanLink | undefined;
}

/** Preparation, queue and run, as far as the attempt has come. */
function stepSpans({ timing, error }: Attempt, { parent, endedAt, batch }: AttemptEnd): readonly Span[] {
  const { enqueuedAt, prepareMs, dequeuedAt, startedAt, finishedAt } = timing;
  if (enqueuedAt === 0) return [];
  const spans: Span[] = [];
  const queuedAt = enqueuedAt + prepareMs;
  if (prepareMs > 0) spans.push(childSpan(parent, { name: 'prepare', startedAt: enqueuedAt, endedAt: queuedAt }));
  // What was sent ahead to an instance waits there; what never left the queue has ended in it.
  const ranAt = startedAt || dequeuedAt;
  const isError = error !== undefined;
  const queue = { name: 'queue', startedAt: queuedAt, endedAt: ranAt || endedAt };
  spans.push(childSpan(parent, queue, { isError: ranAt === 0 && isError }));
  if (ranAt === 0) return spans;
  const run = { name: 'run', startedAt: ranAt, endedAt: finishedAt || endedAt };
  const links = batch === undefined ? NO_LINKS : [batch];
  spans.push(childSpan(parent, run, { attributes: runAttributes(timing), links, isError }));
  return spans;
}

function runAttributes(timing: Attempt['timing']): Attributes {
  const { instance, batchId, batchRows, batchReason, computeInputMs, computeInferMs, computeOutputMs, calledMs } =
    timing;
  const attributes: Attributes = {
    [OWN_NAMES.instance]: instance,
    [OWN_NAMES.batchId]: batchId,
    [OWN_NAMES.batchRows]: batchRows,
    [OWN_NAMES.computeInputUs]: toMicroseconds(computeInputMs),
    [OWN_NAMES.computeInferUs]: toMicroseconds(computeInferMs),
    [OWN_NAMES.computeOutputUs]: toMicroseconds(computeOutputMs),
  };
  if (batchReason !== undefined) attributes[OWN_NAMES.batchReason] = batchReason;
  if (calledMs > 0) attributes[OWN_NAMES.calledUs] = toMicroseconds(calledMs);
  return attributes;
}
