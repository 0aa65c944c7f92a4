import path from 'node:path';
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
import { StaticModel } from './static-model.js';
import { readStaticPlan, type StaticPlan } from './static-plan.js';

/** Of a batch without a graph: they are looked up in a few milliseconds. */
const MAX_LOOKED_UP_TOKENS = 65_536;

/** Loads the graph of a text model, or the vectors of one without. */
export async function loadText(spec: LoadSpec, context: RuntimeContext): Promise<LoadedModel> {
  const options = readTextOptions(spec.options);
  const lookedUp = await readStaticPlan(path.dirname(spec.path), options);
  if (lookedUp !== undefined) return loadStatic(lookedUp, { spec, context });
  checkProviders(options.executionProviders);
  const plan = await readTextPlan(spec, options);
  const { threads, executionProviders } = options;
  const onnx = readOnnxOptions({ intraOpThreads: threads, executionProviders });
  const session = await createSession({ path: plan.graph, cacheFolder: undefined }, onnx, context);
  const isInvariant = !(await quantizesDynamically(plan.graph));
  const { maxPaddedTokens: maxPaddedCost, maxPaddingShare: maxWaste, reserveInstance: reservesInstance } = options;
  const description = describePooling(plan.tasks, {
    maxBatchSize: spec.maxBatchSize,
    batchInvariant: isInvariant,
    padding: { maxPaddedCost, maxWaste, reservesInstance },
    platform: 'text',
  });
  return new TextModel(session, { plan, description, clock: context.clock });
}

interface StaticParts {
  readonly spec: LoadSpec;
  readonly context: RuntimeContext;
}

async function loadStatic({ tasks, readVectors }: StaticPlan, { spec, context }: StaticParts): Promise<LoadedModel> {
  const description = describePooling(tasks, {
    maxBatchSize: spec.maxBatchSize,
    batchInvariant: true,
    // Nothing is padded, so any texts run together.
    padding: { maxPaddedCost: MAX_LOOKED_UP_TOKENS, maxWaste: 1, reservesInstance: false },
    platform: 'text',
  });
  const size = tasks.embed?.dimensions ?? 0;
  return new StaticModel(await readVectors(), { size, description, clock: context.clock });
}
