import { formatTensorType, type Signature } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import { encodeModelMetadata } from './oip/routes-encode.js';
import { ErrorSchema, InferRequestSchema, InferResponseSchema } from './oip/routes-infer-schemas.js';
import { curlCommand, exampleRequest } from './openapi-example.js';

type OpenApiObject = Readonly<Record<string, unknown>>;

/** How inferences are reached; the one pair of routes that the server answers without its router. */
export const INFER_ROUTES = [
  { method: 'POST', path: '/v2/models/{model}/infer' },
  { method: 'POST', path: '/v2/models/{model}/versions/{version}/infer' },
] as const;

const STATUSES = {
  400: 'The request is malformed or does not fit the model.',
  401: 'No valid key.',
  403: 'The key may not do this.',
  404: 'No such model or version.',
  413: 'The body is too large.',
  503: 'Overloaded, still loading or shutting down; see `Retry-After`.',
  504: 'The deadline passed.',
} as const;

const BINARY = { schema: { type: 'string', format: 'binary' } };
const BINARY_HEADER = {
  name: 'Inference-Header-Content-Length',
  description: 'Bytes of JSON at the beginning of a body that holds binary tensors behind it; 0 = one raw tensor.',
  schema: { type: 'integer', minimum: 0 },
};

/** OpenAPI path items of {@link INFER_ROUTES}. */
export function describeInferPaths(examples: OpenApiObject = {}): Readonly<Record<string, OpenApiObject>> {
  return Object.fromEntries(INFER_ROUTES.map(({ path }) => [path, { post: describeInfer(path, examples) }]));
}

function describeInfer(path: string, examples: OpenApiObject): OpenApiObject {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const { name: headerName, ...header } = BINARY_HEADER;
  return {
    tags: ['inference'],
    summary: names.includes('version') ? 'Runs one version of a model' : 'Runs a model',
    parameters: [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      { ...BINARY_HEADER, in: 'header' },
      {
        name: 'X-Request-Timeout-Ms',
        in: 'header',
        description: 'Deadline of the whole call.',
        schema: { type: 'number', exclusiveMinimum: 0 },
      },
    ],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: InferRequestSchema, examples }, 'application/octet-stream': BINARY },
    },
    responses: {
      200: {
        description: 'The outputs.',
        headers: { [headerName]: header },
        content: { 'application/json': { schema: InferResponseSchema }, 'application/octet-stream': BINARY },
      },
      ...Object.fromEntries(
        Object.entries(STATUSES).map(([status, description]) => [
          status,
          { description, content: { 'application/json': { schema: ErrorSchema } } },
        ]),
      ),
    },
  };
}

export interface ModelsDescription {
  /** Ready models; of several versions of one, the highest counts. */
  readonly models: readonly ModelInfo[];
  readonly origin: string;
  /** Callers need a key. */
  readonly withKey: boolean;
}

/**
 * The document with what is loaded now: each model's metadata and a request to copy under `x-models`, and the requests as
 * examples of the infer operation.
 */
export function addModels(document: object, { models, origin, withKey }: ModelsDescription): object {
  const latest = [...new Map(models.map((info) => [info.ref.name, info])).values()];
  const described = latest.map((info) => {
    const { name } = info.ref;
    const versions = models.filter(({ ref }) => ref.name === name).map(({ ref }) => ref.version);
    const example = exampleRequest(info.signature);
    const url = `${origin}/v2/models/${encodeURIComponent(name)}/infer`;
    return {
      ...encodeModelMetadata(info, versions),
      max_batch_size: info.maxBatchSize,
      example,
      curl: curlCommand(url, example, { withKey }),
    };
  });
  const examples = Object.fromEntries(
    latest.map(({ ref, signature }) => [
      ref.name,
      { summary: formatSignature(signature), value: exampleRequest(signature).json },
    ]),
  );
  const paths = 'paths' in document ? (document.paths as OpenApiObject) : {};
  return { ...document, paths: { ...paths, ...describeInferPaths(examples) }, 'x-models': described };
}

function formatSignature({ inputs, outputs }: Signature): string {
  const list = (specs: Signature['inputs']) =>
    specs.map(({ name, datatype, shape }) => `${name} ${formatTensorType(datatype, shape)}`).join(', ');
  return `${list(inputs)} → ${list(outputs)}`;
}
