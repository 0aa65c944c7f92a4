import { Type } from '@sinclair/typebox';
import { dialectManifest, httpSwitch } from '../protocols/index.js';

/** Whether the server has its own API. */
const ManagementOptionsSchema = Type.Object(httpSwitch("millrace's own API below `/millrace/v1/`", true), {
  additionalProperties: false,
});

/** The server's own API. */
export const MANAGEMENT = dialectManifest({
  name: 'millrace',
  options: ManagementOptionsSchema,
  uses: ['models', 'traffic', 'account', 'jobs', 'server'],
  load: async (context) => (await import('./management.js')).createManagement(context),
});
