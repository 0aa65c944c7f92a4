import { dialectManifest } from '../manifest.js';
import { VertexOptionsSchema } from './options.js';

/** Vertex AI's container contract. */
export const VERTEX = dialectManifest({
  name: 'vertex',
  options: VertexOptionsSchema,
  load: async (context, options) =>
    (await import('./dialect.js')).createVertexDialect(context, options, await context.loadBodyHandlers()),
});
