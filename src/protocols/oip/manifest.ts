import { dialectManifest } from '../manifest.js';
import { OipOptionsSchema } from './options.js';

/** The Open Inference Protocol v2. */
export const OIP = dialectManifest({
  name: 'oip',
  options: OipOptionsSchema,
  grpcServices: ['inference.GRPCInferenceService'],
  load: async (context) => (await import('./dialect.js')).createOipDialect(context),
  async loadBodyHandlers(context) {
    const [{ createInferHandler }, { createGenerateHandler }, { createForwarding }] = await Promise.all([
      import('./infer.js'),
      import('./generate.js'),
      import('./forward-headers.js'),
    ]);
    return {
      infer: createInferHandler(context),
      generate: createGenerateHandler(context),
      forward: createForwarding(context),
    };
  },
});
