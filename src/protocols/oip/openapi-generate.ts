import type { OpenApiObject } from '../openapi.js';
import { TIMEOUT_HEADER } from './openapi-parts.js';

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

/** The OpenAPI operation of a generate route. */
export function describeGenerate({ stream }: { readonly stream: boolean }): OpenApiObject {
  return {
    parameters: [TIMEOUT_HEADER],
    requestBody: { required: true, content: { 'application/json': { schema: REQUEST } } },
    responses: { 200: stream ? STREAM : ONE },
  };
}
