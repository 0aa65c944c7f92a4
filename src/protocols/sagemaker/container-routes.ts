import { type Static, Type } from '@sinclair/typebox';
import { type CallContext, excerpt, invalidArgument } from '../../core/index.js';
import type { ServedModel, Service } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import { emptyResponse, healthResponse, jsonResponse, type Route, type RouteRequest } from '../route.js';
import { chooseModel } from '../shared/invocations/choose-model.js';
import type { Invoker } from '../shared/invocations/invoke.js';
import { INVOKE_OPERATION } from '../shared/invocations/openapi.js';
import { binaryDataAt } from '../shared/invocations/triton-binary.js';
import {
  type ListedModel,
  ListedModelSchema,
  type ModelPage,
  ModelPageSchema,
  readyByName,
} from '../shared/model-server/listed-models.js';
import { loadFrom } from '../shared/model-server/load-from.js';

const BASE = { tag: 'sagemaker', access: 'key', control: false } as const;
/** On a port where TorchServe is spoken, too, it answers these: SageMaker's multi-model contract is modelled on it. */
const SHARED = { ...BASE, yields: true } as const;
export const INVOKE = {
  ...BASE,
  method: 'POST',
  inference: true,
  streams: true,
  body: { kind: 'bytes', dataAt: binaryDataAt },
} as const;

const LoadSchema = Type.Object({
  model_name: Type.String({ description: 'The name that the model gets.' }),
  url: Type.String({
    description:
      'A folder or file inside a repository: an absolute path, one relative to a repository, or a `file:` URL.',
  }),
});

export interface ContainerParts {
  readonly context: DialectContext;
  readonly invoke: Invoker;
  /** `sagemaker.model`. */
  readonly model: string;
}

/** What SageMaker's platform calls in a container: health, inference, and models where it hosts several. */
export function createContainerRoutes({ context, invoke, model }: ContainerParts): readonly Route[] {
  const { service } = context;
  const configured = (call: CallContext) =>
    chooseModel(service, call, { configured: model, setting: 'sagemaker.model' });
  const named = ({ params }: RouteRequest) => params.model ?? '';
  return [
    {
      ...SHARED,
      method: 'GET',
      path: '/ping',
      summary: 'Whether the server is ready',
      access: 'public',
      handle: (_call, request) => {
        const ready = service.server.ready();
        return healthResponse(ready, { status: ready ? 'Healthy' : 'Unhealthy' }, request);
      },
    },
    {
      ...INVOKE,
      path: '/invocations',
      summary: 'Runs the model of `sagemaker.model`, or the only one',
      operation: { ...INVOKE_OPERATION, operationId: 'invoke' },
      handle: (call, request) => invoke(call, configured(call), request),
    },
    {
      ...INVOKE,
      path: '/models/{model}/invoke',
      summary: 'Runs a model',
      operation: { ...INVOKE_OPERATION, operationId: 'invokeModel' },
      handle: (call, request) => invoke(call, named(request), request),
    },
    {
      ...SHARED,
      method: 'GET',
      path: '/models',
      summary: 'Models that are loaded',
      response: ModelPageSchema,
      handle: (call, { query }) => jsonResponse(listModels(service, call, query.get('next_page_token'))),
    },
    {
      ...SHARED,
      method: 'POST',
      path: '/models',
      summary: 'Loads a model from a folder inside a repository; explicit mode only',
      control: true,
      body: { kind: 'json', schema: LoadSchema },
      handle: async (call, { json }) => {
        // The server has checked it against the schema.
        const { model_name: name, url } = json as Static<typeof LoadSchema>;
        await loadFrom(service, call, { name, url });
        return emptyResponse();
      },
    },
    {
      ...SHARED,
      method: 'GET',
      path: '/models/{model}',
      summary: 'A model that is loaded',
      response: ListedModelSchema,
      handle: (call, request) => jsonResponse(describeModel(service, call, named(request))),
    },
    {
      ...SHARED,
      method: 'DELETE',
      path: '/models/{model}',
      summary: 'Unloads a model; explicit mode only',
      control: true,
      handle: async (call, request) => {
        // The platform needs the room for the next one.
        await service.models.unloadModel(call, named(request), { onlyLoaded: true, untilGone: true });
        return emptyResponse();
      },
    },
  ];
}

const PAGE_SIZE = 100;

/** A page of the models that are loaded, in order of name. Throws `invalid_argument` for a token that no page has given. */
function listModels(service: Pick<Service, 'models'>, call: CallContext, token: string | null): ModelPage {
  const all = readyByName(service, call);
  const first = readToken(token);
  const page = { models: all.slice(first, first + PAGE_SIZE).map(listed) };
  return first + PAGE_SIZE < all.length ? { ...page, nextPageToken: String(first + PAGE_SIZE) } : page;
}

function readToken(token: string | null): number {
  if (token === null || token === '') return 0;
  if (/^\d{1,9}$/.test(token)) return Number(token);
  throw invalidArgument(`next_page_token: expected one that an answer has given, got '${excerpt(token)}'`);
}

/** Throws `not_found` where it is not loaded. */
function describeModel(service: Pick<Service, 'models'>, call: CallContext, name: string): ListedModel {
  return listed(service.models.modelInfo(call, name, undefined).info);
}

function listed({ ref, source }: ServedModel): ListedModel {
  return { modelName: ref.name, modelUrl: source.from ?? source.modelFolder };
}
