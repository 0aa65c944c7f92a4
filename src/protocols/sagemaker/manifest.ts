import { DIALECT_USES } from '../dialect.js';
import { dialectManifest } from '../manifest.js';
import { SageMakerOptionsSchema } from './options.js';

/** SageMaker's container contract and runtime API. */
export const SAGEMAKER = dialectManifest({
  name: 'sagemaker',
  options: SageMakerOptionsSchema,
  uses: [...DIALECT_USES, 'jobs'],
  load: async (context, options) =>
    (await import('./dialect.js')).createSageMakerDialect(context, options, await context.loadBodyHandlers()),
});
