import { ownValue, type Signature, type TensorSpec } from '../core/index.js';
import { modelShapeOf } from './complete.js';
import type { ModelConfig, TensorConfig } from './model-config.js';

type Labels = Readonly<Record<string, readonly string[]>>;

/**
 * The tensors that the configuration declares with datatype and shape, as a model file would state them: model-side
 * shapes, batch dimension included. undefined when it declares none in full. Runtimes without a file live on this.
 */
export function declaredSignature(config: ModelConfig, labels: Labels): Signature | undefined {
  const inputs = (config.inputs ?? []).flatMap((tensor) => declaredTensor(tensor, config.maxBatchSize));
  const outputs = (config.outputs ?? []).flatMap((tensor) =>
    declaredTensor(tensor, config.maxBatchSize).map((spec) => {
      const names = ownValue(labels, tensor.name);
      return { ...spec, optional: false, ...(names === undefined ? {} : { labels: names }) };
    }),
  );
  return inputs.length + outputs.length === 0 ? undefined : { inputs, outputs };
}

function declaredTensor(tensor: TensorConfig, maxBatchSize: number | undefined): TensorSpec[] {
  const { datatype, shape } = tensor;
  if (datatype === undefined || shape === undefined) return [];
  const batching = maxBatchSize === undefined ? shape[0] === -1 : maxBatchSize > 0;
  return [
    {
      name: tensor.name,
      datatype,
      shape: modelShapeOf(tensor, batching) ?? shape,
      batchAxis: batching ? 0 : null,
      optional: tensor.optional ?? false,
    },
  ];
}
