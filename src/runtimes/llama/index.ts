import type { Runtime } from '../contract.js';
import type { RuntimeContext } from '../runtime-context.js';
import { importNative } from './import-native.js';

/** Language models by llama.cpp. */
export function createRuntime(context: RuntimeContext): Runtime {
  return {
    name: 'llama',
    async load(spec) {
      const { loadLlama } = await importNative(() => import('./load.js'));
      return loadLlama(spec, context);
    },
    async loadPreparer(spec) {
      const { loadLlamaPreparer } = await importNative(() => import('./prepare/load.js'));
      return loadLlamaPreparer(spec, context);
    },
  };
}
