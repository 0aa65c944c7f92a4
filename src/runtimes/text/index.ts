import type { Runtime } from '../contract.js';
import { declineTelemetry } from '../onnx/telemetry.js';
import type { RuntimeContext } from '../runtime-context.js';

/** Encoders that embed, rank or classify texts, by onnxruntime-node and tokenizers. */
export function createRuntime(context: RuntimeContext): Runtime {
  return {
    name: 'text',
    async load(spec) {
      declineTelemetry();
      const { loadText } = await import('./load.js');
      return loadText(spec, context);
    },
    async loadPreparer(spec) {
      const { loadTextPreparer } = await import('./load-preparer.js');
      return loadTextPreparer(spec, context);
    },
  };
}
