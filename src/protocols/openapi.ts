import { formatTensorType, type Signature } from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import { encodeModelMetadata } from './oip/routes-encode.js';
import { InferRequestSchema, InferResponseSchema } from './oip/routes-infer-schemas.js';
import { curlCommand, exampleRequest } from './openapi-example.js';
import { describeGeneratePaths, GENERATE_ROUTES } from './openapi-generate.js';
import { describeCallParameters, ERROR_RESPONSES, type OpenApiObject } from './openapi-parts.js';

/** How inferences are reached; the one pair of routes that the server answers without its router. */
export const INFER_ROUTES = [
  { method: 'POST', path: '/v2/models/{model}/infer' },
  { method: 'POST', path: '/v2/models/{model}/versions/{version}/infer' },
] as const;

/** All routes that the server answers without its router. */
export const INFERENCE_ROUTES = [...INFER_ROUTES, ...GENERATE_ROUTES.one, ...GENERATE_ROUTES.stream] as const;

const BINARY = { schema: { type: 'string', format: 'binary' } };
const BINARY_HEADER = {
  name: 'Inference-Header-Content-Length',
  description: 'Bytes of JSON at the beginning of a body that holds binary tensors behind it; 0 = one raw tensor.',
  schema: { type: 'integer', minimum: 0 },
};

/** OpenAPI path items of {@link INFERENCE_ROUTES}; `examples` are for infer. */
export function describeInferencePaths(examples: OpenApiObject = {}): Readonly<Record<string, OpenApiObject>> {
  const infer = INFER_ROUTES.map(({ path }) => [path, { post: describeInfer(path, examples) }]);
  return { ...Object.fromEntries(infer), ...describeGeneratePaths() };
}

function describeInfer(path: string, examples: OpenApiObject): OpenApiObject {
  const { name: headerName, ...header } = BINARY_HEADER;
  return {
    tags: ['inference'],
    summary: path.includes('{version}') ? 'Runs one version of a model' : 'Runs a model',
    parameters: [...describeCallParameters(path), { ...BINARY_HEADER, in: 'header' }],
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
      ...ERROR_RESPONSES,
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
  return { ...document, paths: { ...paths, ...describeInferencePaths(examples) }, 'x-models': described };
}

function formatSignature({ inputs, outputs }: Signature): string {
  const list = (specs: Signature['inputs']) =>
    specs.map(({ name, datatype, shape }) => `${name} ${formatTensorType(datatype, shape)}`).join(', ');
  return `${list(inputs)} → ${list(outputs)}`;
}
