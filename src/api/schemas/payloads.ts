import { Type } from '@sinclair/typebox';
import type { ErasedPayloads, PayloadEndpoints, PayloadPage, RecordedRequest, RecordedTensor } from '../payloads.js';
import { Count, LIMIT, parameter, Time } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

const RecordedTensorSchema = schemaOf<RecordedTensor>()(
  Type.Object({
    name: Type.String(),
    datatype: Type.String(),
    shape: Type.Array(Type.Number()),
    data: Type.Optional(Type.Array(Type.Unknown(), { description: 'Flat. Missing where the values were left out.' })),
    summary: Type.Optional(
      Type.Record(Type.String(), Type.Number(), {
        description: 'In place of values: `elements`, and of numbers `least`, `greatest` and `mean`, of texts `bytes`.',
      }),
    ),
    truncated: Type.Optional(Type.Boolean({ description: 'Left out, as it was too large.' })),
    redacted: Type.Optional(Type.Boolean({ description: 'Left out, all or parts of it.' })),
  }),
);

const RecordedRequestSchema = schemaOf<RecordedRequest>()(
  Type.Object({
    request_id: Type.String(),
    trace_id: Type.Optional(Type.String()),
    at: Time,
    model: Type.String(),
    version: Type.Optional(Type.Integer()),
    route: Type.Optional(Type.String()),
    arm: Type.Optional(Type.String()),
    principal: Type.String({ description: 'Pseudonym of the caller.' }),
    dialect: Type.String({ description: '`oip`, `openai`, …; empty where it came by no protocol.' }),
    status: Type.String({ description: '`ok`, or an error code.' }),
    latency_ms: Type.Number({ minimum: 0 }),
    compute_ms: Type.Optional(Type.Number({ minimum: 0 })),
    inputs: Type.Array(RecordedTensorSchema),
    parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    generation: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Parameters of a request to a model that generates.',
      }),
    ),
    requested_outputs: Type.Optional(Type.Array(Type.String(), { description: 'Missing: all of them.' })),
    in_sequence: Type.Optional(Type.Boolean()),
    outputs: Type.Optional(Type.Array(RecordedTensorSchema)),
    finish_reason: Type.Optional(Type.String()),
  }),
);

const PayloadPageSchema = schemaOf<PayloadPage>()(
  Type.Object({
    records: Type.Array(RecordedRequestSchema, {
      description: 'The newest first. A page may have none, and yet a next one.',
    }),
    next: Type.Optional(Type.String({ description: '`after` of the next page; there is none where it is missing.' })),
  }),
);

const ErasedPayloadsSchema = schemaOf<ErasedPayloads>()(Type.Object({ erased: Count }));

const MOMENT = { type: 'string', format: 'date-time' };

/** Recorded requests. */
export const PAYLOAD_ENDPOINTS: EndpointSpecs<PayloadEndpoints> = {
  'GET /payloads': {
    tag: 'payloads',
    summary: 'List recorded requests and their answers, newest first',
    control: false,
    query: {
      limit: LIMIT,
      after: parameter('What `next` of the page before says.'),
      request_id: parameter('Id of the request.'),
      model: parameter('The model that answered, or the route.'),
      since: parameter('From this moment on.', MOMENT),
      until: parameter('Before this moment.', MOMENT),
      status: parameter('`ok`, or an error code.'),
    },
    answer: PayloadPageSchema,
  },
  'DELETE /payloads/{request}': {
    tag: 'payloads',
    summary: 'Remove all records of a request',
    control: true,
    answer: ErasedPayloadsSchema,
  },
};
