import { type TSchema, Type } from '@sinclair/typebox';
import type { Route } from '../route.js';
import { type BatchesContext, cancelBatch, createBatch, getBatch, listBatches } from './batches.js';
import { Expiry, jsonBody, listSchema, query, storedRoute } from './routes-files.js';

const Text = Type.String();
const Nullable = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const Time = Nullable(Type.Integer({ description: 'Seconds since the Unix epoch.' }));
const Count = Type.Integer({ minimum: 0 });
const Metadata = Type.Record(Text, Type.String({ maxLength: 512 }), { maxProperties: 16 });
const Problem = Type.Object({ code: Text, line: Nullable(Count), message: Text, param: Nullable(Text) });
const STATES = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const;
const Batch = Type.Object({
  id: Text,
  object: Type.Literal('batch'),
  principal: Type.String({ description: 'The caller that created it.' }),
  endpoint: Text,
  errors: Nullable(Type.Object({ object: Type.Literal('list'), data: Type.Array(Problem) })),
  input_file_id: Text,
  completion_window: Text,
  status: Type.Union(STATES.map((state) => Type.Literal(state))),
  status_details: Nullable(Type.String({ description: 'Why the batch does not go on, such as a full disk.' })),
  output_file_id: Nullable(Text),
  error_file_id: Nullable(Text),
  created_at: Type.Integer({ description: 'Seconds since the Unix epoch.' }),
  ...Object.fromEntries(
    ['in_progress', 'expires', 'finalizing', 'completed', 'failed', 'expired', 'cancelling', 'cancelled'].map(
      (name) => [`${name}_at`, Time],
    ),
  ),
  request_counts: Type.Object({ total: Count, completed: Count, failed: Count }),
  metadata: Nullable(Metadata),
  usage: Type.Optional(
    Type.Object({
      input_tokens: Count,
      input_tokens_details: Type.Object({ cached_tokens: Count }),
      output_tokens: Count,
      output_tokens_details: Type.Object({ reasoning_tokens: Count }),
      total_tokens: Count,
    }),
  ),
});

/** OpenAI's Batches. */
export function createBatchRoutes(context: BatchesContext): readonly Route[] {
  return [
    storedRoute({
      line: 'POST /v1/batches',
      operationId: 'createBatch',
      summary: 'Create a batch of the requests in a file',
      response: Batch,
      ...jsonBody({
        input_file_id: Type.String({
          description:
            'The id of a file, the URL of an object (`s3://…`), or with a slash at its end of the objects below it, or the URL of a file of a web server (`https://…`).',
        }),
        endpoint: Type.String({ description: 'The path of an inference route, such as `/v1/chat/completions`.' }),
        completion_window: Type.String({ description: 'A duration, such as `24h`.' }),
        metadata: Type.Optional(Metadata),
        output_prefix: Type.Optional(
          Type.String({
            description:
              'A URL with a slash at its end (`s3://…/`), below which results become objects instead of files.',
          }),
        ),
        output_expires_after: Expiry,
      }),
      answer: (call, request) => createBatch(context, call, request),
    }),
    storedRoute({
      line: 'GET /v1/batches',
      operationId: 'listBatches',
      summary: 'List batches',
      response: listSchema(Batch),
      operation: {
        parameters: [
          query('after', { type: 'string', description: 'The id of the batch behind which the page begins.' }),
          query('all', { type: 'boolean', description: 'Batches of all callers: needs the right `job.read`.' }),
          query('limit', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),
        ],
      },
      answer: (call, request) => listBatches(context, call, request),
    }),
    storedRoute({
      line: 'GET /v1/batches/{batch}',
      operationId: 'retrieveBatch',
      summary: 'Get a batch',
      response: Batch,
      answer: (call, request) => getBatch(context, call, request),
    }),
    storedRoute({
      line: 'POST /v1/batches/{batch}/cancel',
      operationId: 'cancelBatch',
      summary: 'Cancel a batch: what was answered becomes files',
      response: Batch,
      answer: (call, request) => cancelBatch(context, call, request),
    }),
  ];
}
