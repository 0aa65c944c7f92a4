import { dialectManifest } from '../manifest.js';
import { AnthropicOptionsSchema } from './options.js';

/** Anthropic's Messages. */
export const ANTHROPIC = dialectManifest({
  name: 'anthropic',
  options: AnthropicOptionsSchema,
  load: async (context, options) => (await import('./dialect.js')).createAnthropicDialect(context, options),
});
