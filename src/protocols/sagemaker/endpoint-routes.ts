import { type Call, type CallContext, MillraceError } from '../../core/index.js';
import type { OpenApiObject } from '../openapi.js';
import type { Route, RouteRequest } from '../route.js';
import { chooseModel } from '../shared/invocations/choose-model.js';
import { INVOKE_OPERATION } from '../shared/invocations/openapi.js';
import { isStream, piecesOf, type WireHeaders, type WireResponse, type WireStream } from '../wire.js';
import { type ContainerParts, INVOKE } from './container-routes.js';
import { AwsError, ModelError } from './errors.js';
import { payloadParts } from './event-stream.js';
import { checkHeaders } from './invoke.js';
import { type AsyncParts, invokeAsync } from './invoke-async.js';

/** Inference as a stream of events in AWS's encoding. */
const STREAM_OPERATION: OpenApiObject = {
  requestBody: INVOKE_OPERATION.requestBody,
  responses: {
    200: {
      description: '`PayloadPart` events',
      content: { 'application/vnd.amazon.eventstream': { schema: { type: 'string', format: 'binary' } } },
    },
  },
};

const ASYNC_OPERATION: OpenApiObject = {
  requestBody: {
    required: false,
    description: 'The request, unless `X-Amzn-SageMaker-InputLocation` names its object.',
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  },
  responses: {
    202: {
      description: 'The invocation is stored; headers name the objects of its answer and its failure',
      content: {
        'application/json': {
          schema: { type: 'object', properties: { InferenceId: { type: 'string' } }, required: ['InferenceId'] },
        },
      },
    },
  },
};

const TARGET_HEADERS = ['x-amzn-sagemaker-target-model', 'x-amzn-sagemaker-inference-component'] as const;
const VARIANT_HEADER = 'x-amzn-sagemaker-target-variant';
const INVOKED_VARIANT_HEADER = 'x-amzn-invoked-production-variant';
/** What SageMaker calls the variant of endpoints with one. */
const ONLY_VARIANT = 'AllTraffic';
/** How archives end in which SageMaker keeps models. */
const ARCHIVE = /\.tar\.gz$/;

/** A model, and the variant of the endpoint by which it is known. */
interface Target {
  readonly model: string;
  readonly variant: string;
}

/** SageMaker's runtime API, as boto3 and AWS's other SDKs call it. */
export function createEndpointRoutes(parts: ContainerParts & { readonly asynchronous: AsyncParts }): readonly Route[] {
  const invoke = async (call: Call, request: RouteRequest) => {
    const { model, variant } = targetOf(parts, call, request);
    const answer = await parts.invoke(call, model, request).catch(rethrow);
    const invoked = { ...answer.headers, [INVOKED_VARIANT_HEADER]: variant };
    return { ...answer, headers: invoked };
  };
  return [
    {
      ...INVOKE,
      path: '/endpoints/{endpoint}/invocations',
      summary: 'InvokeEndpoint: runs a model',
      operation: { ...INVOKE_OPERATION, operationId: 'InvokeEndpoint' },
      handle: invoke,
    },
    {
      ...INVOKE,
      path: '/endpoints/{endpoint}/invocations-response-stream',
      summary: 'InvokeEndpointWithResponseStream: runs a model, and answers with events',
      operation: { ...STREAM_OPERATION, operationId: 'InvokeEndpointWithResponseStream' },
      handle: async (call, request) => toEvents(await invoke(call, request)),
    },
    {
      ...INVOKE,
      streams: false,
      path: '/endpoints/{endpoint}/async-invocations',
      summary: 'InvokeEndpointAsync: stores an invocation; its request and its answer are objects',
      operation: { ...ASYNC_OPERATION, operationId: 'InvokeEndpointAsync' },
      handle: async (call, request) => {
        const { model } = targetOf(parts, call, request);
        await parts.context.service.inference.resolve(call, { name: model, version: undefined });
        checkHeaders(request.headers);
        return invokeAsync(parts.asynchronous, call, { model, request });
      },
    },
  ];
}

/** The model that is named by a header or as the endpoint, else that of `sagemaker.model`; of a variant the version with that label. */
function targetOf({ context, model }: ContainerParts, call: CallContext, { params, headers }: RouteRequest): Target {
  const { service } = context;
  const { endpoint = '' } = params;
  const isThere = (name: string) => service.models.modelReady(call, name, undefined);
  const named = TARGET_HEADERS.map((name) => textOf(headers, name)).find((name) => name !== undefined);
  let target: string;
  if (named !== undefined) target = isThere(named) ? named : named.replace(/^\//, '').replace(ARCHIVE, '');
  else if (isThere(endpoint)) target = endpoint;
  else target = chooseModel(service, call, { configured: model, setting: 'sagemaker.model' });
  const variant = textOf(headers, VARIANT_HEADER) ?? ONLY_VARIANT;
  return { model: variant === ONLY_VARIANT ? target : `${target}@${variant}`, variant };
}

function textOf(headers: WireHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Errors that SageMaker itself answers with, and not the model's container. */
const OWN: ReadonlySet<string> = new Set([
  'unauthenticated',
  'permission_denied',
  'resource_exhausted',
  'quota_exceeded',
  'unavailable',
  'cancelled',
  'internal',
]);

function rethrow(thrown: unknown): never {
  if (!(thrown instanceof MillraceError) || thrown instanceof AwsError || OWN.has(thrown.code)) throw thrown;
  throw new ModelError(thrown);
}

function toEvents(answer: WireResponse | WireStream): WireStream {
  const { 'content-type': type, ...headers } = answer.headers;
  return {
    status: 200,
    headers: {
      ...headers,
      'content-type': 'application/vnd.amazon.eventstream',
      ...(type !== undefined && { 'x-amzn-sagemaker-content-type': type }),
    },
    stream: payloadParts(isStream(answer) ? withModelErrors(answer.stream) : piecesOf(answer.body)),
  };
}

async function* withModelErrors(pieces: WireStream['stream']): WireStream['stream'] {
  try {
    yield* pieces;
  } catch (thrown) {
    rethrow(thrown);
  }
}
