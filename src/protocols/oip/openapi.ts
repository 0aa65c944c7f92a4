import { formatTensorType, type Signature } from '../../core/index.js';
import { type ModelInfo, readSampleInputs } from '../../engine/index.js';
import { curlCommand, exampleRequest, MAX_JSON_ELEMENTS, type RequestExample } from './openapi-example.js';
import { describeGeneratePaths, GENERATE_ROUTES } from './openapi-generate.js';
import { describeCallParameters, ERROR_RESPONSES, type OpenApiObject } from './openapi-parts.js';
import { encodeModelMetadata } from './routes-encode.js';
import { InferRequestSchema, InferResponseSchema } from './routes-infer-schemas.js';

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

/** OpenAPI path items of {@link INFERENCE_ROUTES}. */
export function describeInferencePaths(examples: Examples = {}): Readonly<Record<string, OpenApiObject>> {
  const infer = INFER_ROUTES.map(({ path }) => [path, { post: describeInfer(path, examples.infer ?? {}) }]);
  return { ...Object.fromEntries(infer), ...describeGeneratePaths(examples.generate_stream) };
}

/** OpenAPI examples by the route that takes them, and the model. */
type Examples = { readonly [Route in RequestExample['route']]?: OpenApiObject };

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
 * examples of the operations that take them.
 */
export async function addModels(document: object, description: ModelsDescription): Promise<object> {
  const { models, origin, withKey } = description;
  const latest = [...new Map(models.map((info) => [info.ref.name, info])).values()];
  const described = await Promise.all(
    latest.map(async (info) => {
      const { name } = info.ref;
      const versions = models.filter(({ ref }) => ref.name === name).map(({ ref }) => ref.version);
      const example = exampleRequest(info, await readSampleInputs(info, MAX_JSON_ELEMENTS));
      const curl = curlCommand(`${origin}/v2/models/${encodeURIComponent(name)}`, example, { withKey });
      const summary = formatSignature(info.signature);
      return { summary, ...encodeModelMetadata(info, versions), max_batch_size: info.maxBatchSize, example, curl };
    }),
  );
  const examplesOf = (route: RequestExample['route']) =>
    Object.fromEntries(
      described
        .filter(({ example }) => example.route === route)
        .map(({ name, summary, example }) => [name, { summary, value: example.json }]),
    );
  const examples = { infer: examplesOf('infer'), generate_stream: examplesOf('generate_stream') };
  const paths = 'paths' in document ? (document.paths as OpenApiObject) : {};
  return { ...document, paths: { ...paths, ...describeInferencePaths(examples) }, 'x-models': described };
}

function formatSignature({ inputs, outputs }: Signature): string {
  const list = (specs: Signature['inputs']) =>
    specs.map(({ name, datatype, shape }) => `${name} ${formatTensorType(datatype, shape)}`).join(', ');
  return `${list(inputs)} → ${list(outputs)}`;
}
