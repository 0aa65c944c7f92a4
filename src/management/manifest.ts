import { dialectManifest } from '../protocols/index.js';
import { ManagementOptionsSchema } from './options.js';

/** The server's own API. */
export const MANAGEMENT = dialectManifest({
  name: 'millrace',
  options: ManagementOptionsSchema,
  uses: ['models', 'traffic', 'account', 'server'],
  load: async (context) => (await import('./management.js')).createManagement(context),
});
