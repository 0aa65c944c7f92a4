import type { LoadedModel, LoadSpec } from '../contract.js';
import { readOnnxOptions } from '../onnx/options.js';
import { checkProviders } from '../onnx/providers.js';
import { quantizesDynamically } from '../onnx/quantization.js';
import { createSession } from '../onnx/session.js';
import { describePooling } from '../pooling/description.js';
import type { RuntimeContext } from '../runtime-context.js';
import { TextModel } from './model.js';
import { readTextOptions } from './options.js';
import { readTextPlan } from './plan.js';

/** Loads the graph of a text model. */
export async function loadText(spec: LoadSpec, context: RuntimeContext): Promise<LoadedModel> {
  const options = readTextOptions(spec.options);
  checkProviders(options.executionProviders);
  const plan = await readTextPlan(spec, options);
  const { threads, executionProviders } = options;
  const onnx = readOnnxOptions({ intraOpThreads: threads, executionProviders });
  const session = await createSession({ path: plan.graph, cacheFolder: undefined }, onnx, context);
  const isInvariant = !(await quantizesDynamically(plan.graph));
  const description = describePooling(plan.tasks, {
    maxBatchSize: spec.maxBatchSize,
    batchInvariant: isInvariant,
    padding: {
      maxPaddedCost: options.maxPaddedTokens,
      maxWaste: options.maxPaddingShare,
      reservesInstance: options.reserveInstance,
    },
    platform: 'text',
  });
  return new TextModel(session, { plan, description, clock: context.clock });
}
