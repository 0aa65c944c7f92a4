import { describeCallParameters, ERROR_RESPONSES, type OpenApiObject } from './openapi-parts.js';

/** The routes that take and give plain JSON: for one answer, and for any number of them as events. */
export const GENERATE_ROUTES = {
  one: [
    { method: 'POST', path: '/v2/models/{model}/generate' },
    { method: 'POST', path: '/v2/models/{model}/versions/{version}/generate' },
  ],
  stream: [
    { method: 'POST', path: '/v2/models/{model}/generate_stream' },
    { method: 'POST', path: '/v2/models/{model}/versions/{version}/generate_stream' },
  ],
} as const;

const VALUE = { oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] };

const REQUEST = {
  type: 'object',
  description: 'Inputs by name, as a value or a flat array; names that are no inputs are parameters.',
  properties: {
    id: { type: 'string', description: 'Echoed in the answer.' },
    parameters: { type: 'object', description: 'Further inputs and parameters.', additionalProperties: VALUE },
  },
  additionalProperties: { oneOf: [VALUE, { type: 'array', items: VALUE }] },
};

const RESPONSE = {
  type: 'object',
  description: 'Outputs by name: a value where there is one element, else a flat array.',
  properties: { id: { type: 'string' }, model_name: { type: 'string' }, model_version: { type: 'string' } },
  required: ['model_name', 'model_version'],
  additionalProperties: { oneOf: [VALUE, { type: 'array', items: VALUE }] },
};

const ONE = { description: 'The outputs.', content: { 'application/json': { schema: RESPONSE } } };
const STREAM = {
  description: 'An event for every answer; one with `error` ends the stream when something goes wrong on the way.',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
};

/** OpenAPI path items of {@link GENERATE_ROUTES}; `examples` are for those that stream. */
export function describeGeneratePaths(examples: OpenApiObject = {}): Readonly<Record<string, OpenApiObject>> {
  const describe = ({ path }: { readonly path: string }, operation: OpenApiObject, more: OpenApiObject) => {
    const requestBody = { required: true, content: { 'application/json': { schema: REQUEST, ...more } } };
    const parameters = describeCallParameters(path);
    return [path, { post: { tags: ['inference'], parameters, requestBody, ...operation } }] as const;
  };
  const one = { summary: 'Runs a model on plain JSON', responses: { 200: ONE, ...ERROR_RESPONSES } };
  const stream = { summary: 'Runs a model and streams its answers', responses: { 200: STREAM, ...ERROR_RESPONSES } };
  return Object.fromEntries([
    ...GENERATE_ROUTES.one.map((route) => describe(route, one, {})),
    ...GENERATE_ROUTES.stream.map((route) => describe(route, stream, { examples })),
  ]);
}
