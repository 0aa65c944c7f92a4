import { dialectManifest } from '../manifest.js';
import { TfsOptionsSchema } from './options.js';

/** TensorFlow Serving. */
export const TFS = dialectManifest({
  name: 'tfs',
  options: TfsOptionsSchema,
  grpcServices: ['tensorflow.serving.PredictionService', 'tensorflow.serving.ModelService'],
  load: async (context) => (await import('./dialect.js')).createTfsDialect(context),
});
