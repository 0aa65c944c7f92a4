import { Document, isSeq, type YAMLSeq } from 'yaml';
import type { TensorSpec } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';

/** Below this the way to a runner and back costs more than the model itself. */
const MICRO_MODEL_MS = 0.3;

/**
 * A `model.yaml` that says what was found out about a model, with the reasons as comments: a start for changing it.
 * `runMs` is what one row takes end to end; undefined = not measured.
 */
export function suggestConfig(info: ModelInfo, runMs: number | undefined): string {
  const { signature, maxBatchSize, batching, placement, instances } = info;
  const document = new Document({
    runtime: info.source.runtime,
    maxBatchSize,
    inputs: signature.inputs.map(describeTensor),
    outputs: signature.outputs.map(describeTensor),
    ...(maxBatchSize > 1 ? { batching: { enabled: batching.enabled } } : {}),
    instances: { count: instances, placement },
  });
  document.commentBefore = ` ${info.ref.name}/model.yaml: what millrace found out. Every line is optional.`;
  for (const side of ['inputs', 'outputs'] as const) {
    for (const index of signature[side].keys()) {
      const shape = document.getIn([side, index, 'shape']);
      if (isSeq(shape)) (shape as YAMLSeq).flow = true;
    }
  }
  comment(document, ['batching', 'enabled'], batching.reason);
  if (placement === 'process' && runMs !== undefined && runMs < MICRO_MODEL_MS) {
    comment(
      document,
      ['instances', 'placement'],
      'inline would be faster for a model this small; see docs for its limits',
    );
  }
  return document.toString({ flowCollectionPadding: false, lineWidth: 0 });
}

function describeTensor({ name, datatype, shape, optional }: TensorSpec): Readonly<Record<string, unknown>> {
  return { name, datatype, shape: [...shape], ...(optional ? { optional } : {}) };
}

function comment(document: Document, path: readonly string[], text: string): void {
  const node = document.getIn(path, true) as { comment?: string | null } | undefined;
  if (node !== undefined) node.comment = ` ${text}`;
}
