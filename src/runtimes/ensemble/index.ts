import { formatModelRef, MillraceError, msg, toMillraceError } from '../../core/index.js';
import type { Runtime } from '../contract.js';
import type { DescribeModel, OtherModel } from '../model-calls.js';
import type { RuntimeContext } from '../runtime-context.js';
import { checkModels } from './check-models.js';
import { buildGraph, describeStep, refuse, type Step } from './graph.js';
import { EnsembleModel } from './model.js';
import { readEnsembleOptions } from './options.js';

/** Graphs of other models of the server (Triton's `ensemble_scheduling`). They live in the server's own process. */
export function createRuntime(context: RuntimeContext): Runtime {
  return {
    name: 'ensemble',
    async load({ ref, options, declared, maxBatchSize = 0 }) {
      const { describeModel } = context;
      if (describeModel === undefined) throw refuse('it runs in the server itself; set instances.placement to inline');
      if (declared === undefined) throw refuse('declare its inputs and outputs in the model configuration');
      const graph = buildGraph(readEnsembleOptions(options), declared);
      const own = graph.steps.find(({ model }) => model === ref.name);
      if (own !== undefined) throw refuse(msg`${describeStep(own)} is the ensemble itself (${formatModelRef(ref)})`);
      const models = graph.steps.map((step) => modelOf(step, describeModel));
      checkModels(graph, models, { maxBatchSize });
      return new EnsembleModel({ graph, models, context });
    },
  };
}

function modelOf(step: Step, describeModel: DescribeModel): OtherModel {
  try {
    return describeModel(step.model, step.version);
  } catch (error) {
    const why = toMillraceError(error);
    throw new MillraceError(why.code, msg`ensemble: ${describeStep(step)} cannot run: ${why}`, { cause: error });
  }
}
