import { dialectManifest } from '../manifest.js';
import { TorchServeOptionsSchema } from './options.js';

/** TorchServe's APIs. */
export const TORCHSERVE = dialectManifest({
  name: 'torchserve',
  options: TorchServeOptionsSchema,
  grpcServices: [
    'org.pytorch.serve.grpc.inference.InferenceAPIsService',
    'org.pytorch.serve.grpc.management.ManagementAPIsService',
  ],
  load: async (context) => (await import('./dialect.js')).createTorchServeDialect(context),
});
