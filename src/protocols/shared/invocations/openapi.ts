import type { OpenApiObject } from '../../openapi.js';

const EXAMPLE = { instances: [[1, 2, 3, 4]] };

/** What inference takes and gives, whatever the route. */
export const INVOKE_OPERATION: OpenApiObject = {
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          description:
            'By its members: `instances` or `inputs` of TensorFlow Serving, `dataframe_split` or `dataframe_records` of MLflow, tensors of the Open Inference Protocol, `messages` or `prompt` of OpenAI, `text_input` of Triton.',
          example: EXAMPLE,
        },
      },
      'application/jsonlines': { schema: { type: 'string', description: 'An instance on each line.' } },
      'text/csv': {
        schema: {
          type: 'string',
          description:
            'Rows, with a header or without: columns are inputs by name, or the values of the only input. `header=present` in the type announces a header whose names are numbers.',
        },
      },
      'application/vnd.sagemaker-triton.binary+json': {
        schema: {
          type: 'string',
          format: 'binary',
          description: 'As Triton on SageMaker: `json-header-size` says how many bytes are JSON; tensors follow.',
        },
      },
      'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
    },
  },
  responses: {
    200: {
      description: 'As the request; or as `Accept` says, where that has rows',
      content: {
        'application/json': { schema: { type: 'object' } },
        'application/jsonlines': { schema: { type: 'string' } },
        'text/csv': { schema: { type: 'string' } },
        'text/event-stream': { schema: { type: 'string' } },
        'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
      },
    },
  },
};
