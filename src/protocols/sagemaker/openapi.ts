import type { OpenApiObject } from '../openapi.js';
import { INVOKE_OPERATION } from '../shared/invocations/openapi.js';

/** Inference as a stream of events in AWS's encoding. */
export const STREAM_OPERATION: OpenApiObject = {
  requestBody: INVOKE_OPERATION.requestBody,
  responses: {
    200: {
      description: '`PayloadPart` events',
      content: { 'application/vnd.amazon.eventstream': { schema: { type: 'string', format: 'binary' } } },
    },
  },
};
