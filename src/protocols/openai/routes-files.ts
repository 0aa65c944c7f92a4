import { type TProperties, type TSchema, Type } from '@sinclair/typebox';
import type { Call } from '../../core/index.js';
import type { OpenApiObject } from '../openapi.js';
import type { Route, RouteBody, RouteRequest } from '../route.js';
import type { WireResponse, WireStream } from '../wire.js';
import { createFile, deleteFile, type FilesContext, getContent, getFile, listFiles } from './files.js';
import { PURPOSES } from './form-fields.js';
import { DeletedSchema } from './openapi-schemas.js';
import { addPart, cancelUpload, completeUpload, createUpload } from './uploads.js';

const Text = Type.String();
const Nullable = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const Time = Type.Integer({ description: 'Seconds since the Unix epoch.' });
const Bytes = Type.Integer({ minimum: 0 });
const Purpose = Type.Union(PURPOSES.map((purpose) => Type.Literal(purpose)));
const File = Type.Object({
  id: Text,
  object: Type.Literal('file'),
  bytes: Bytes,
  created_at: Time,
  expires_at: Time,
  filename: Text,
  purpose: Text,
  status: Type.Literal('processed'),
  status_details: Type.Null(),
});
const Upload = Type.Object({
  id: Text,
  object: Type.Literal('upload'),
  bytes: Bytes,
  created_at: Time,
  filename: Text,
  purpose: Text,
  status: Type.Union(['pending', 'completed', 'cancelled', 'expired'].map((state) => Type.Literal(state))),
  expires_at: Time,
  file: Nullable(File),
});
const Part = Type.Object({ id: Text, object: Type.Literal('upload.part'), created_at: Time, upload_id: Text });
export const Expiry = Type.Optional(
  Type.Object({
    anchor: Type.Literal('created_at'),
    seconds: Type.Integer({ minimum: 3_600, maximum: 2_592_000 }),
  }),
);
/** Decoders check it, and say what is wrong in OpenAI's words. */
const Anything = Type.Object({}, { additionalProperties: true });

export const listSchema = (item: TSchema) =>
  Type.Object({
    object: Type.Literal('list'),
    data: Type.Array(item),
    first_id: Nullable(Text),
    last_id: Nullable(Text),
    has_more: Type.Boolean(),
  });

export const query = (name: string, schema: OpenApiObject): OpenApiObject => ({ name, in: 'query', schema });
const PAGE = [
  query('after', { type: 'string', description: 'The id of the object behind which the page begins.' }),
  query('limit', { type: 'integer', minimum: 1, maximum: 10_000, default: 10_000 }),
];

export interface StoredRoute {
  readonly line: string;
  readonly operationId: string;
  readonly summary: string;
  readonly response?: TSchema;
  readonly operation?: OpenApiObject;
  readonly body?: RouteBody;
  readonly answer: (call: Call, request: RouteRequest) => Promise<WireResponse | WireStream>;
}

/** A route of something that callers have stored. `line`: method and path. */
export function storedRoute({ line, operationId, operation = {}, answer, ...described }: StoredRoute): Route {
  const [method, path = ''] = line.split(' ');
  return {
    // Lines are written below, and in the routes of batches.
    method: method as Route['method'],
    path,
    tag: 'openai',
    ...described,
    access: 'key',
    control: false,
    operation: { operationId, ...operation },
    handle: answer,
  };
}

/** A JSON body that its decoder checks. */
export function jsonBody(properties: TProperties): Pick<StoredRoute, 'body' | 'operation'> {
  const schema = Type.Object(properties);
  return {
    body: { kind: 'json', schema: Anything },
    operation: { requestBody: { required: true, content: { 'application/json': { schema } } } },
  };
}

function formBody(properties: TProperties): Pick<StoredRoute, 'body' | 'operation'> {
  const schema = Type.Object(properties);
  return {
    body: { kind: 'stream' },
    operation: { requestBody: { required: true, content: { 'multipart/form-data': { schema } } } },
  };
}

const Binary = Type.String({ format: 'binary' });

/** OpenAI's Files and Uploads. */
export function createFileRoutes(context: FilesContext): readonly Route[] {
  return [
    storedRoute({
      line: 'POST /v1/files',
      operationId: 'createFile',
      summary: 'Upload a file',
      response: File,
      ...formBody({ file: Binary, purpose: Purpose, expires_after: Expiry }),
      answer: (call, request) => createFile(context, call, request),
    }),
    storedRoute({
      line: 'GET /v1/files',
      operationId: 'listFiles',
      summary: 'List files',
      response: listSchema(File),
      operation: {
        parameters: [
          ...PAGE,
          query('order', { type: 'string', enum: ['asc', 'desc'], default: 'desc' }),
          query('purpose', { type: 'string' }),
        ],
      },
      answer: (call, request) => listFiles(context, call, request),
    }),
    storedRoute({
      line: 'GET /v1/files/{file}',
      operationId: 'retrieveFile',
      summary: 'Get a file',
      response: File,
      answer: (call, request) => getFile(context, call, request),
    }),
    storedRoute({
      line: 'DELETE /v1/files/{file}',
      operationId: 'deleteFile',
      summary: 'Delete a file with its content',
      response: DeletedSchema,
      answer: (call, request) => deleteFile(context, call, request),
    }),
    storedRoute({
      line: 'GET /v1/files/{file}/content',
      operationId: 'downloadFile',
      summary: "Download a file's content",
      operation: {
        responses: { 200: { description: 'Success', content: { 'application/octet-stream': { schema: Binary } } } },
      },
      answer: (call, request) => getContent(context, call, request),
    }),
    ...createUploadRoutes(context),
  ];
}

function createUploadRoutes(context: FilesContext): readonly Route[] {
  return [
    storedRoute({
      line: 'POST /v1/uploads',
      operationId: 'createUpload',
      summary: 'Start to upload a file in parts',
      response: Upload,
      ...jsonBody({ filename: Text, purpose: Purpose, bytes: Bytes, mime_type: Text, expires_after: Expiry }),
      answer: (call, request) => createUpload(context, call, request),
    }),
    storedRoute({
      line: 'POST /v1/uploads/{upload}/parts',
      operationId: 'addUploadPart',
      summary: 'Upload a part of a file',
      response: Part,
      ...formBody({ data: Binary }),
      answer: (call, request) => addPart(context, call, request),
    }),
    storedRoute({
      line: 'POST /v1/uploads/{upload}/complete',
      operationId: 'completeUpload',
      summary: 'Make a file of the parts of an upload',
      response: Upload,
      ...jsonBody({ part_ids: Type.Array(Text, { maxItems: 1_000 }), md5: Type.Optional(Text) }),
      answer: (call, request) => completeUpload(context, call, request),
    }),
    storedRoute({
      line: 'POST /v1/uploads/{upload}/cancel',
      operationId: 'cancelUpload',
      summary: 'Cancel an upload, and delete its parts',
      response: Upload,
      answer: (call, request) => cancelUpload(context, call, request),
    }),
  ];
}
