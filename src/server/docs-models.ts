import { groupBy, type TensorSpec, type Turns } from '../core/index.js';
import { effectiveSampling } from '../generation/index.js';
import type { OpenApiObject } from '../protocols/index.js';
import type { ServedModel } from '../service/index.js';

/** Models of thousands of classes are asked for the best ones. */
const MOST_CLASSES = 5;

/** Described in one turn of the event loop: a few milliseconds where each has hundreds of tensors. */
const MODELS_PER_TURN = 16;

/** What the documentation page knows of each model, of several versions of the highest one; in no protocol's terms. */
export function describeModels(models: readonly ServedModel[], turns: Turns): Promise<readonly OpenApiObject[]> {
  const byName = [...groupBy(models, ({ ref }) => ref.name)];
  return turns.map(byName, MODELS_PER_TURN, ([name, versions]) => {
    const info = versions.at(-1) ?? versions[0];
    return {
      name,
      versions: versions.map(({ ref }) => String(ref.version)),
      platform: info.platform,
      max_batch_size: info.maxBatchSize,
      inputs: info.signature.inputs.map(describeInput),
      outputs: info.signature.outputs.map(describeOutput),
      decoupled: info.decoupled,
      tasks: describeTasks(info),
    };
  });
}

function describeTasks({ tasks: { generate } = {} }: ServedModel): OpenApiObject {
  if (generate === undefined) return {};
  return { generate: { chat: generate.chat, temperature: effectiveSampling(generate).temperature } };
}

function describeInput(spec: TensorSpec): OpenApiObject {
  const { media } = spec;
  return {
    ...describeTensor(spec),
    ...(spec.optional && { optional: true }),
    ...(media !== undefined && { media: media.kind }),
    ...(media?.kind === 'audio' && media.rateInput !== undefined && { rate_input: media.rateInput }),
  };
}

function describeOutput(spec: TensorSpec): OpenApiObject {
  const { labels, topK } = spec;
  const classes = topK ?? (labels === undefined ? undefined : Math.min(labels.length, MOST_CLASSES));
  return { ...describeTensor(spec), ...(classes !== undefined && { classes }) };
}

function describeTensor({ name, datatype, shape }: TensorSpec): OpenApiObject {
  return { name, datatype, shape: [...shape] };
}
