import type { TraceContext } from '../../core/index.js';
import type { EndedInference } from './inference-spans.js';
import { OWN_NAMES } from './names.js';
import { NO_LINKS, SPAN_KINDS, type Span } from './span.js';
import { describeError } from './stages.js';

/** The root of the trace of a request's copy, which is linked to the request. Its attempts are below it. */
export function shadowSpans(
  { call, target, error, endedAt, epochMs }: EndedInference,
  { traceId, spanId, link }: TraceContext,
): readonly Span[] {
  const attributes = {
    [OWN_NAMES.requestId]: call.requestId,
    [OWN_NAMES.model]: target.name,
    [OWN_NAMES.shadow]: true,
  };
  describeError(attributes, error);
  return [
    {
      name: `shadow ${target.name}`,
      kind: SPAN_KINDS.internal,
      traceId,
      spanId,
      parentSpanId: undefined,
      hasRemoteParent: false,
      state: undefined,
      startMs: epochMs + call.timing.receivedAt,
      endMs: epochMs + endedAt,
      attributes,
      links: link === undefined ? NO_LINKS : [link],
      isError: error !== undefined,
    },
  ];
}
