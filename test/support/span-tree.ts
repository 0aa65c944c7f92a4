import type { ReceivedSpan } from './otlp-spans.js';

/** A span with those below it: `{ 'infer m': [{ queue: [] }, { run: [] }] }`, in the order in which they begin. */
export interface SpanTree {
  readonly [name: string]: readonly SpanTree[];
}

/** The spans of a trace as a tree. Throws where it has not one root, or a span is not within its parent. */
export function treeOf(spans: readonly ReceivedSpan[]): SpanTree {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const roots = spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
  const [root] = roots;
  if (root === undefined || roots.length > 1) throw new Error(`roots: ${roots.map(({ name }) => name).join(', ')}`);
  return below(root, spans);
}

function below(parent: ReceivedSpan, spans: readonly ReceivedSpan[]): SpanTree {
  const children = spans
    .filter(({ parentSpanId }) => parentSpanId === parent.spanId)
    .toSorted((a, b) => Number(a.startNs - b.startNs));
  for (const { name, startNs, endNs } of children) {
    if (startNs >= parent.startNs && endNs <= parent.endNs && startNs <= endNs) continue;
    throw new Error(
      `${name} (${startNs} to ${endNs}) is not within ${parent.name} (${parent.startNs} to ${parent.endNs})`,
    );
  }
  return { [parent.name]: children.map((child) => below(child, spans)) };
}
