import type { OpenApiObject } from '../openapi.js';

/** The deadline of an inference, as OpenAPI describes it. */
export const TIMEOUT_HEADER: OpenApiObject = {
  name: 'X-Request-Timeout-Ms',
  in: 'header',
  description: 'Deadline of the whole call.',
  schema: { type: 'number', exclusiveMinimum: 0 },
};
