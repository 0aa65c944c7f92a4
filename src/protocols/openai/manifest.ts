import { DIALECT_USES } from '../dialect.js';
import { dialectManifest } from '../manifest.js';
import { OpenAiOptionsSchema } from './options.js';

/** OpenAI's API. */
export const OPENAI = dialectManifest({
  name: 'openai',
  options: OpenAiOptionsSchema,
  uses: [...DIALECT_USES, 'files', 'batches'],
  load: async (context, options) => (await import('./dialect.js')).createOpenAiDialect(context, options),
  loadBodyHandlers: async (context, options) => (await import('./answer-text.js')).createTextHandlers(context, options),
});
