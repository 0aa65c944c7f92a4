import { dialectManifest } from '../manifest.js';
import { KserveOptionsSchema } from './options.js';

/** KServe's v1 protocol. */
export const KSERVE = dialectManifest({
  name: 'kserve',
  options: KserveOptionsSchema,
  load: async (context) => (await import('./dialect.js')).createKserveDialect(context),
});
