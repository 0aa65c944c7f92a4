import { MillraceError } from '../core/index.js';
import type { Runtime } from './contract.js';
import type { RuntimeContext } from './runtime-context.js';

type RuntimeFactory = (context: RuntimeContext) => Promise<Runtime>;

/** Every runtime by name. Imported on first use only, so that a process pays for what it runs. */
const FACTORIES: ReadonlyMap<string, RuntimeFactory> = new Map<string, RuntimeFactory>([
  ['echo', async (context) => (await import('./echo/index.js')).createEchoRuntime(context)],
  ['ensemble', async (context) => (await import('./ensemble/index.js')).createEnsembleRuntime(context)],
  ['onnx', async (context) => (await import('./onnx/index.js')).createOnnxRuntime(context)],
  ['script', async (context) => (await import('./script/index.js')).createScriptRuntime(context)],
]);

/** The runtime of that name; rejects with `unimplemented` when there is none. */
export async function createRuntime(name: string, context: RuntimeContext): Promise<Runtime> {
  const factory = FACTORIES.get(name);
  if (factory === undefined) {
    throw new MillraceError(
      'unimplemented',
      `unknown runtime '${name}'; expected one of ${[...FACTORIES.keys()].join(', ')}`,
    );
  }
  return factory(context);
}
