import { type Dialect, type DialectContext, KEY_HEADERS } from '../dialect.js';
import { ANTHROPIC_STATUS, encodeError } from './errors.js';
import { sharedMembers } from './models.js';
import type { AnthropicOptions } from './options.js';
import { quotaHeaders } from './quota-headers.js';
import { createAnthropicRoutes } from './routes.js';

/** Anthropic's Messages API for language models. */
export function createAnthropicDialect(context: DialectContext, options: AnthropicOptions): Dialect {
  const { clock } = context;
  return {
    name: 'anthropic',
    description: "Anthropic's Messages, whole and as streams of events.",
    routes: createAnthropicRoutes({ ...context, ...options }),
    shares: sharedMembers(context),
    credentialHeaders: KEY_HEADERS,
    requestIdHeader: 'request-id',
    status: ANTHROPIC_STATUS,
    encodeError,
    quotaHeaders: (standings) => quotaHeaders(standings, clock.wallNow()),
  };
}
