import { formatTensorType, type Signature, type Turns } from '../../core/index.js';
import { readSampleInputs } from '../../engine/index.js';
import type { ModelsDescription } from '../dialect.js';
import type { OpenApiObject } from '../openapi.js';
import { curlCommand, exampleRequest, MAX_JSON_ELEMENTS, type RequestExample } from './openapi-example.js';
import { TIMEOUT_HEADER } from './openapi-parts.js';
import { InferRequestSchema, InferResponseSchema } from './routes-infer-schemas.js';

const BINARY = { schema: { type: 'string', format: 'binary' } };
const BINARY_HEADER = {
  name: 'Inference-Header-Content-Length',
  description: 'Bytes of JSON at the beginning of a body that holds binary tensors behind it; 0 = one raw tensor.',
  schema: { type: 'integer', minimum: 0 },
};

/** The OpenAPI operation of an infer route. */
export function describeInfer(): OpenApiObject {
  const { name: headerName, ...header } = BINARY_HEADER;
  return {
    parameters: [TIMEOUT_HEADER, { ...BINARY_HEADER, in: 'header' }],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: InferRequestSchema }, 'application/octet-stream': BINARY },
    },
    responses: {
      200: {
        description: 'The outputs.',
        headers: { [headerName]: header },
        content: { 'application/json': { schema: InferResponseSchema }, 'application/octet-stream': BINARY },
      },
    },
  };
}

/** Described in one turn of the event loop. */
const MODELS_PER_TURN = 16;

/**
 * The document with a request to copy for each of the models under its `x-models`, and the requests as examples of the operations that
 * take them.
 */
export async function addModels(document: object, description: ModelsDescription, turns: Turns): Promise<object> {
  const { models, origin, withKey } = description;
  const latest = [...new Map(models.map((info) => [info.ref.name, info])).values()];
  const described = await turns.map(latest, MODELS_PER_TURN, async (info) => {
    const { name } = info.ref;
    const example = exampleRequest(info, await readSampleInputs(info, MAX_JSON_ELEMENTS));
    const curl = curlCommand(`${origin}/v2/models/${encodeURIComponent(name)}`, example, { withKey });
    const summary = formatSignature(info.signature);
    return { name, summary, example, curl };
  });
  const examplesOf = (route: RequestExample['route']) =>
    Object.fromEntries(
      described
        .filter(({ example }) => example.route === route)
        .map(({ name, summary, example }) => [name, { summary, value: example.json }]),
    );
  const { paths = {}, 'x-models': known = [] } = document as ModelsDocument;
  const added = new Map(described.map((model) => [model.name, model]));
  const examples = { infer: examplesOf('infer'), generate_stream: examplesOf('generate_stream') };
  return {
    ...document,
    paths: addExamples(paths, examples),
    'x-models': known.map((model) => ({ ...model, ...added.get(model.name) })),
  };
}

interface ModelsDocument {
  readonly paths?: OpenApiPaths;
  readonly 'x-models'?: readonly { readonly name: string }[];
}

type OpenApiPaths = Readonly<Record<string, { readonly post?: OpenApiObject }>>;

/** The paths with examples by the last segment of those that take them. */
function addExamples(paths: OpenApiPaths, examples: Readonly<Record<string, OpenApiObject>>): OpenApiPaths {
  const entries = Object.entries(paths).map(([path, item]) => {
    const found = path.startsWith('/v2/models/') ? examples[path.slice(path.lastIndexOf('/') + 1)] : undefined;
    if (found === undefined || item.post === undefined) return [path, item];
    return [path, { ...item, post: addExample(item.post, found) }];
  });
  return Object.fromEntries(entries);
}

function addExample(operation: OpenApiObject, examples: OpenApiObject): OpenApiObject {
  const body = operation.requestBody as { readonly content: Readonly<Record<string, OpenApiObject>> };
  const json = { ...body.content['application/json'], examples };
  return { ...operation, requestBody: { ...body, content: { ...body.content, 'application/json': json } } };
}

function formatSignature({ inputs, outputs }: Signature): string {
  const list = (specs: Signature['inputs']) =>
    specs.map(({ name, datatype, shape }) => `${name} ${formatTensorType(datatype, shape)}`).join(', ');
  return `${list(inputs)} → ${list(outputs)}`;
}
