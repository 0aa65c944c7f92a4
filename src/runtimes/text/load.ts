import { poolingSignature } from '../../pooling/index.js';
import type { Description, LoadedModel, LoadSpec } from '../contract.js';
import { readOnnxOptions } from '../onnx/options.js';
import { checkProviders } from '../onnx/providers.js';
import { quantizesDynamically } from '../onnx/quantization.js';
import { createSession } from '../onnx/session.js';
import type { RuntimeContext } from '../runtime-context.js';
import { TextModel } from './model.js';
import { readTextOptions, type TextOptions } from './options.js';
import { readTextPlan, type TextPlan } from './plan.js';

/** Texts of a request, where the configuration says nothing: as many as OpenAI's clients send. */
const MAX_TEXTS = 2_048;

/** Loads the graph of a text model. */
export async function loadText(spec: LoadSpec, context: RuntimeContext): Promise<LoadedModel> {
  const options = readTextOptions(spec.options);
  checkProviders(options.executionProviders);
  const plan = await readTextPlan(spec, options);
  const { threads, executionProviders } = options;
  const onnx = readOnnxOptions({ intraOpThreads: threads, executionProviders });
  const session = await createSession({ path: plan.graph, cacheFolder: undefined }, onnx, context);
  const isInvariant = !(await quantizesDynamically(plan.graph));
  return new TextModel(session, {
    plan,
    description: describe(spec, plan, { options, isInvariant }),
    clock: context.clock,
  });
}

function describe(
  { maxBatchSize = MAX_TEXTS }: LoadSpec,
  { tasks }: TextPlan,
  { options, isInvariant }: { readonly options: TextOptions; readonly isInvariant: boolean },
): Description {
  return {
    signature: poolingSignature(tasks),
    tasks,
    maxBatchSize,
    pure: true,
    batchInvariant: isInvariant,
    decoupled: false,
    stateful: false,
    concurrency: 1,
    needsEventLoop: false,
    costUnit: 'tokens',
    padding: {
      maxPaddedCost: options.maxPaddedTokens,
      maxWaste: options.maxPaddingShare,
      reservesInstance: options.reserveInstance,
    },
    wantsContext: false,
    textOnly: true,
    platform: 'text',
  };
}
