import { Type } from '@sinclair/typebox';
import { MillraceError } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import type { DialectContext } from '../dialect.js';
import { jsonResponse, type Route, type RouteRequest } from '../route.js';
import { answerEvents, type EventsContext, type Predict } from '../shared/cloud-events/answer-events.js';
import { PREDICT_OPERATION } from '../shared/instances/openapi.js';
import { createPredictor, type PredictorOptions } from '../shared/instances/predict.js';
import type { WireResponse } from '../wire.js';

const BASE = { tag: 'kserve', access: 'key', control: false } as const;
const MODEL = '/v1/models/{model}';

/** KServe's routes, apart from the two that it shares with others. */
export function createKserveRoutes(context: DialectContext): readonly Route[] {
  const { service } = context;
  const predict = createPredictHandler(context);
  return [
    {
      method: 'GET',
      path: '/',
      tag: 'health',
      summary: 'Whether the process serves at all; browsers are sent to the documentation',
      access: 'public',
      control: false,
      response: Type.Object({ status: Type.Literal('alive') }),
      handle: (_call, request) => alive(request),
    },
    {
      ...BASE,
      method: 'POST',
      path: `${MODEL}:predict`,
      summary: "Runs a model on rows ('instances' or 'inputs')",
      inference: true,
      // TensorFlow Serving answers rows in the same way.
      yields: true,
      body: { kind: 'bytes' },
      operation: PREDICT_OPERATION,
      handle: (call, request) => predict(call, { name: request.params.model ?? '', version: undefined }, request),
    },
    {
      ...BASE,
      method: 'POST',
      path: `${MODEL}:explain`,
      summary: 'Refused: models have no explainers',
      handle: () => {
        throw new MillraceError('unimplemented', 'models have no explainers here; ask for predictions with :predict');
      },
    },
    {
      ...BASE,
      method: 'GET',
      path: '/v2/models',
      summary: 'Names of the ready models',
      response: Type.Object({ models: Type.Array(Type.String()) }),
      handle: (call) => jsonResponse({ models: readyNames(call, service) }),
    },
    repositoryRoute('load', async (call, model) => {
      await service.models.loadModel(call, model, {});
    }),
    repositoryRoute('unload', (call, model) => service.models.unloadModel(call, model)),
  ];
}

/** Names of the models that are ready, in order. */
export function readyNames(
  call: Parameters<Service['models']['readyModels']>[0],
  service: Pick<Service, 'models'>,
): readonly string[] {
  return [...new Set(service.models.readyModels(call).map(({ ref }) => ref.name))].sort();
}

function alive({ headers }: RouteRequest): WireResponse {
  if (headers.accept?.includes('text/html') === true) return { status: 302, headers: { location: '/docs' }, body: '' };
  return jsonResponse({ status: 'alive' });
}

type Control = (call: Parameters<Service['models']['loadModel']>[0], model: string) => Promise<void>;

/** Where the Open Inference Protocol has the same route, its empty answer says as much to KServe's clients. */
function repositoryRoute(verb: 'load' | 'unload', run: Control): Route {
  return {
    ...BASE,
    method: 'POST',
    path: `/v2/repository/models/{model}/${verb}`,
    summary: `${verb === 'load' ? 'Loads' : 'Unloads'} a model; explicit mode only`,
    control: true,
    yields: true,
    response: Type.Object({ name: Type.String(), [verb]: Type.Literal(true) }),
    handle: async (call, { params }) => {
      const { model = '' } = params;
      await run(call, model);
      return jsonResponse({ name: model, [verb]: true });
    },
  };
}

const ONLY_ONE = { onlyOne: "which KServe's v1 protocol cannot carry; use generate_stream or gRPC", whole: true };

/** Answers a POST to a predict route. `predictions` are the answer to `inputs`, too. */
function createPredictHandler(context: PredictorOptions & EventsContext): Predict {
  return answerEvents(createPredictor(context, { resolve: ONLY_ONE, formatOf: () => 'row' }), context);
}
