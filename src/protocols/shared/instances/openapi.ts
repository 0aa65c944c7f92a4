import type { OpenApiObject } from '../../openapi.js';

const VALUES = { description: 'A value, nested lists, or an object of them by tensor; bytes as `{"b64": …}`.' };
const EXAMPLES = {
  type: 'array',
  items: { type: 'object', additionalProperties: true },
  description: 'Features by name.',
};

const json = (schema: OpenApiObject): OpenApiObject => ({ 'application/json': { schema } });
const MEDIA = { schema: { type: 'string', format: 'binary', description: 'A photo or a sound as it is.' } };

/** The OpenAPI operation of a route that runs a model on rows or columns. */
export const PREDICT_OPERATION: OpenApiObject = {
  requestBody: {
    required: true,
    content: {
      ...json({
        type: 'object',
        properties: {
          instances: { type: 'array', items: VALUES, description: 'Rows.' },
          inputs: { ...VALUES, description: 'Columns: whole tensors, by name where there are several.' },
          signature_name: { type: 'string' },
        },
        additionalProperties: true,
      }),
      'application/octet-stream': MEDIA,
    },
  },
  responses: {
    200: {
      description: 'Success',
      content: json({
        type: 'object',
        properties: {
          predictions: { type: 'array', items: {}, description: 'An answer for each row.' },
          outputs: { description: 'The answer to columns.' },
        },
      }),
    },
  },
};

/** The OpenAPI operation of a route that runs a model on examples of features. */
export const EXAMPLES_OPERATION: OpenApiObject = {
  requestBody: {
    required: true,
    content: json({
      type: 'object',
      properties: {
        examples: EXAMPLES,
        context: { type: 'object', additionalProperties: true, description: 'Features that all examples have.' },
        signature_name: { type: 'string' },
      },
      required: ['examples'],
    }),
  },
  responses: {
    200: {
      description: 'Success',
      content: json({ type: 'object', properties: { results: { type: 'array', items: {} } }, required: ['results'] }),
    },
  },
};
