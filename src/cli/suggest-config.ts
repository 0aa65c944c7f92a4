import { Document, isScalar, visit } from 'yaml';
import type { TensorSpec } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import { type ModelConfig, sectionOf } from '../repository/index.js';

/** Below this the way to a runner and back costs more than the model itself. */
const MICRO_MODEL_MS = 0.3;

/**
 * A `model.yaml` that says what was found out about a model, with the reasons as comments: a start for changing it.
 * `runMs` is what one row takes end to end; undefined = not measured.
 */
export function suggestConfig(info: ModelInfo, runMs: number | undefined): string {
  const { signature, maxBatchSize, batching, placement, instances } = info;
  const { manifest, config } = info.source;
  const { sequenceBatching } = config;
  const execution = {
    ...(sequenceBatching === undefined ? {} : { sequenceBatching }),
    ...(maxBatchSize > 1 ? { batching: { enabled: batching.enabled } } : {}),
    instances: { count: instances, placement },
  };
  const document = new Document({
    runtime: manifest.name,
    maxBatchSize,
    inputs: signature.inputs.map((spec) => describeTensor(spec, info.source.config.inputs)),
    outputs: signature.outputs.map((spec) => describeTensor(spec, info.source.config.outputs)),
    ...(manifest.composes === undefined ? execution : { [manifest.name]: sectionOf(config, manifest) }),
  });
  document.commentBefore = ` ${info.ref.name}/model.yaml: what millrace found out. Every line is optional.`;
  visit(document, {
    Seq(_, node) {
      node.flow = node.items.every(isScalar);
    },
  });
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

/** What only a person can have said of a tensor. */
const KEPT = ['labels', 'softmax', 'topK', 'image', 'audio', 'padding', 'reshape'] as const;

/** What was found out, and what only a person can have said. */
function describeTensor(
  { name, datatype, shape, optional }: TensorSpec,
  configured: ModelConfig['inputs'] = [],
): Readonly<Record<string, unknown>> {
  const tensor = configured.find((each) => each.name === name);
  const said = KEPT.flatMap((key) => (tensor?.[key] === undefined ? [] : [[key, tensor[key]] as const]));
  return { name, datatype, shape: [...shape], ...(optional ? { optional } : {}), ...Object.fromEntries(said) };
}

function comment(document: Document, path: readonly string[], text: string): void {
  const node = document.getIn(path, true) as { comment?: string | null } | undefined;
  if (node !== undefined) node.comment = ` ${text}`;
}
