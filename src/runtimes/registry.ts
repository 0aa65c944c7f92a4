import { MillraceError, type ModelTask } from '../core/index.js';
import type { LoadedModel, LoadSpec, Runtime } from './contract.js';
import { PreparerModel } from './preparer-model.js';
import type { RuntimeContext } from './runtime-context.js';
import { checkStatistics } from './statistics.js';
import { checkTasks } from './tasks.js';

/** What the module of a runtime exports. */
export interface RuntimeModule {
  createRuntime(context: RuntimeContext): Runtime | Promise<Runtime>;
}

/** A load specification with what the process in which it is loaded needs to find the runtime. */
export interface PlacedSpec extends LoadSpec {
  /** URL of the runtime's module; undefined = one of millrace's own. */
  readonly module?: string;
  /** Of its manifest. */
  readonly tasks: readonly ModelTask[];
}

/** Millrace's own runtimes: imported on first use only, and without their manifests, so that a runner pays for what it runs. */
const OWN_MODULES: Readonly<Record<string, () => Promise<RuntimeModule>>> = {
  echo: () => import('./echo/index.js'),
  ensemble: () => import('./ensemble/index.js'),
  llama: () => import('./llama/index.js'),
  media: () => import('./media/index.js'),
  onnx: () => import('./onnx/index.js'),
  script: () => import('./script/index.js'),
  text: () => import('./text/index.js'),
};

/** Loads a model with its runtime, and keeps its sequences where the spec says how. */
export async function loadModel(spec: PlacedSpec, context: RuntimeContext): Promise<LoadedModel> {
  const { createRuntime } = await importRuntime(spec);
  const runtime = await createRuntime(context);
  if (spec.isPreparer === true) return loadPreparer(runtime, spec, context);
  const model = await runtime.load(spec);
  try {
    checkTasks(model.description, spec.tasks);
    checkStatistics(model.description);
    if (spec.sequence === undefined) return model;
    const { keepSequences } = await import('./sequence/index.js');
    return keepSequences(model, spec.sequence, spec.maxBatchSize);
  } catch (error) {
    await model.close();
    throw error;
  }
}

async function loadPreparer(runtime: Runtime, spec: LoadSpec, { clock }: RuntimeContext): Promise<LoadedModel> {
  if (runtime.loadPreparer === undefined) {
    throw new MillraceError(
      'internal',
      `runtime '${spec.runtime}': its manifest has prepares, but it has no loadPreparer`,
    );
  }
  const model = new PreparerModel(await runtime.loadPreparer(spec), clock);
  try {
    checkStatistics(model.description);
    return model;
  } catch (error) {
    await model.close();
    throw error;
  }
}

async function importRuntime({ runtime, module: url }: PlacedSpec): Promise<RuntimeModule> {
  const own = OWN_MODULES[runtime];
  if (url === undefined) {
    if (own !== undefined) return own();
    throw new MillraceError('unimplemented', `runtime '${runtime}' has no module`);
  }
  const refuse = (problem: string, cause?: unknown) =>
    new MillraceError('failed_precondition', `runtime '${runtime}': ${url} ${problem}`, { cause });
  const imported: Partial<RuntimeModule> = await import(url).catch((cause: Error) => {
    throw refuse(`cannot be imported: ${cause.message}`, cause);
  });
  const { createRuntime } = imported;
  if (typeof createRuntime !== 'function') throw refuse('exports no function createRuntime');
  return { createRuntime };
}
