import { describePathParameters, type OpenApiObject } from '../openapi.js';
import { ErrorSchema } from './routes-infer-schemas.js';

const STATUSES = {
  400: 'The request is malformed or does not fit the model.',
  401: 'No valid key.',
  403: 'The key may not do this.',
  404: 'No such model or version.',
  413: 'The body is too large.',
  503: 'Overloaded, still loading or shutting down; see `Retry-After`.',
  504: 'The deadline passed.',
} as const;

/** What every inference may be refused with. */
export const ERROR_RESPONSES: OpenApiObject = Object.fromEntries(
  Object.entries(STATUSES).map(([status, description]) => [
    status,
    { description, content: { 'application/json': { schema: ErrorSchema } } },
  ]),
);

/** The parameters in an inference's path, and its deadline. */
export function describeCallParameters(path: string): readonly OpenApiObject[] {
  return [
    ...describePathParameters(path),
    {
      name: 'X-Request-Timeout-Ms',
      in: 'header',
      description: 'Deadline of the whole call.',
      schema: { type: 'number', exclusiveMinimum: 0 },
    },
  ];
}
