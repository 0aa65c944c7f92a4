import type { QuotaStanding } from '../../core/index.js';
import type { Dialect, OpenApiObject } from '../../protocols/index.js';

const RETRY_AFTER = 'Retry-After';
const NOT_RUN = 'X-Millrace-Not-Run';

/** What answers say of quotas and of trying again, whatever the dialect. */
const GENERAL: Readonly<Record<string, OpenApiObject>> = {
  [RETRY_AFTER]: { description: 'When to try again, in seconds (RFC 9110).', schema: { type: 'integer', minimum: 1 } },
  [NOT_RUN]: {
    description:
      'The inference was refused before a runner was given any part of it: another server may safely be asked.',
    schema: { const: 'true' },
  },
  RateLimit: {
    description:
      'What is left of each quota that the request counts against (draft-ietf-httpapi-ratelimit-headers-11).',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description: 'The quotas that the request counts against (draft-ietf-httpapi-ratelimit-headers-11).',
    schema: { type: 'string' },
  },
};

/** Of every kind of which a dialect may tell in headers of its own. */
const STANDINGS = (['requests', 'tokens'] as const).map(
  (unit): QuotaStanding => ({ policy: 'q', unit, limit: 1, windowMs: 60_000, remaining: 1, resetMs: 0 }),
);

/** Names of the headers by which only clients of the dialect know what is left: those that it would send. */
function ownNames({ quotaHeaders }: Dialect): readonly string[] {
  return Object.keys(quotaHeaders?.(STANDINGS) ?? {});
}

/** Components of the document: the headers of a dialect's answers. */
export function headerComponents(dialect: Dialect): OpenApiObject {
  const description = `What is left of quotas, for clients of ${dialect.name}.`;
  const own = ownNames(dialect).map((name) => [name, { description, schema: { type: 'string' } }] as const);
  return { ...GENERAL, ...Object.fromEntries(own) };
}

/** The `headers` of an answer that says what is left of quotas; where there are none, it says nothing. */
export function quotaHeaderRefs(dialect: Dialect): OpenApiObject {
  return refsTo(['RateLimit', 'RateLimit-Policy', ...ownNames(dialect)]);
}

/** The `headers` of an answer that says when, and where, to try again. */
export function retryHeaderRefs(): OpenApiObject {
  return refsTo([RETRY_AFTER, NOT_RUN]);
}

function refsTo(names: readonly string[]): OpenApiObject {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
