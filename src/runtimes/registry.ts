import { MillraceError } from '../core/index.js';
import type { LoadedModel, LoadSpec, Runtime } from './contract.js';
import type { RuntimeContext } from './runtime-context.js';

type RuntimeFactory = (context: RuntimeContext) => Promise<Runtime>;

/** Every runtime by name. Imported on first use only, so that a process pays for what it runs. */
const FACTORIES: ReadonlyMap<string, RuntimeFactory> = new Map<string, RuntimeFactory>([
  ['echo', async (context) => (await import('./echo/index.js')).createEchoRuntime(context)],
  ['ensemble', async (context) => (await import('./ensemble/index.js')).createEnsembleRuntime(context)],
  ['onnx', async (context) => (await import('./onnx/index.js')).createOnnxRuntime(context)],
  ['script', async (context) => (await import('./script/index.js')).createScriptRuntime(context)],
]);

/** Loads a model with its runtime, and keeps its sequences where the spec says how. */
export async function loadModel(spec: LoadSpec, context: RuntimeContext): Promise<LoadedModel> {
  const runtime = await createRuntime(spec.runtime, context);
  const model = await runtime.load(spec);
  if (spec.sequence === undefined) return model;
  try {
    const { keepSequences } = await import('./sequence/index.js');
    return keepSequences(model, spec.sequence, spec.maxBatchSize);
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** The runtime of that name; rejects with `unimplemented` when there is none. */
async function createRuntime(name: string, context: RuntimeContext): Promise<Runtime> {
  const factory = FACTORIES.get(name);
  if (factory === undefined) {
    throw new MillraceError(
      'unimplemented',
      `unknown runtime '${name}'; expected one of ${[...FACTORIES.keys()].join(', ')}`,
    );
  }
  return factory(context);
}
