import type { Call, MillraceError } from '../../core/index.js';
import type { Dialect, DialectContext } from '../dialect.js';
import { healthResponse, type Route, type RouteRequest } from '../route.js';
import { HTTP_STATUS } from '../shared/http-errors.js';
import type { BodyHandlers } from '../shared/invocations/body-handlers.js';
import { chooseModel } from '../shared/invocations/choose-model.js';
import { ContentError } from '../shared/invocations/content-error.js';
import { createInvoker } from '../shared/invocations/invoke.js';
import { INVOKE_OPERATION } from '../shared/invocations/openapi.js';
import { binaryDataAt, inferTritonBinary } from '../shared/invocations/triton-binary.js';
import type { WireResponse, WireStream } from '../wire.js';
import type { VertexOptions } from './options.js';
import { type Redirect, readRedirect } from './redirect.js';

/** Google Vertex AI: the contract of its containers, for `predict`, `rawPredict` and `streamRawPredict` of its API. */
export function createVertexDialect(context: DialectContext, options: VertexOptions, handlers: BodyHandlers): Dialect {
  return {
    name: 'vertex',
    description: "Google Vertex AI's container contract.",
    routes: createRoutes(context, options, handlers),
    status: HTTP_STATUS,
    encodeError,
  };
}

function createRoutes(context: DialectContext, options: VertexOptions, handlers: BodyHandlers): readonly Route[] {
  const { service } = context;
  const invoke = createInvoker(context, handlers, 'application/vnd.vertex-ai-triton.binary+json');
  const choice = { configured: options.model, setting: 'vertex.model' };
  return [
    {
      method: 'GET',
      path: options.healthRoute,
      tag: 'vertex',
      summary: 'Whether the server is ready',
      access: 'public',
      control: false,
      // Vertex AI may be told to ask where other protocols have their health.
      yields: true,
      handle: (_call, request) => healthResponse(service.server.ready(), { ready: service.server.ready() }, request),
    },
    {
      method: 'POST',
      path: options.predictRoute,
      tag: 'vertex',
      summary: 'Runs the model of `vertex.model`, or the only one',
      access: 'key',
      control: false,
      inference: true,
      streams: true,
      body: { kind: 'bytes', dataAt: binaryDataAt },
      operation: { ...INVOKE_OPERATION, operationId: 'predict' },
      handle: (call, request) => {
        const redirect = readRedirect(request.headers);
        if (redirect !== undefined) return follow(handlers, call, { redirect, request });
        return invoke(call, chooseModel(service, call, choice), request);
      },
    },
  ];
}

async function follow(
  { infer, generate }: BodyHandlers,
  call: Call,
  { redirect, request }: { readonly redirect: Redirect; readonly request: RouteRequest },
): Promise<WireResponse | WireStream> {
  const { target, route } = redirect;
  if (route !== 'infer') return generate(call, { ...target, stream: route === 'generate_stream' }, request);
  return (await inferTritonBinary(infer, call, { target, request })) ?? infer(call, target, request);
}

/** `{"error": {"code", "message", "status"}}`, as Google's APIs write it; Vertex AI passes it on. */
function encodeError(error: MillraceError, status: number): WireResponse {
  const code = error instanceof ContentError ? error.status : status;
  // Google knows one word for all that is used up.
  const word = error.code === 'quota_exceeded' ? 'resource_exhausted' : error.code;
  return {
    status: code,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code, message: error.message, status: word.toUpperCase() } }),
  };
}
