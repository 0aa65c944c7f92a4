import type { CallContext, InferTarget } from '../../core/index.js';
import type { ModelStatistics } from '../../engine/index.js';
import type { Service } from '../../service/index.js';
import { healthResponse, jsonResponse, type Route } from '../route.js';
import { targetOf } from '../shared/target.js';
import { encodeModelMetadata, encodeStatistics } from './routes-encode.js';
import { ModelConfigurationSchema, ModelMetadataSchema, ModelReadySchema, StatisticsSchema } from './routes-schemas.js';
import { blame } from './settings.js';

const READ = { method: 'GET', tag: 'models', access: 'key', control: false } as const;

/** Everything that can be asked of a model, of the version that the policy chooses or of a given one. */
export function createModelRoutes(service: Pick<Service, 'models'>): readonly Route[] {
  return [
    {
      ...READ,
      path: '/v2/models/stats',
      tag: 'statistics',
      summary: 'Statistics of all models',
      response: StatisticsSchema,
      handle: (call) => jsonResponse(encodeStatistics(service.models.modelStatistics(call, undefined, undefined))),
    },
    ...routesUnder(service, '/v2/models/{model}'),
    ...routesUnder(service, '/v2/models/{model}/versions/{version}'),
  ];
}

function routesUnder(service: Pick<Service, 'models'>, prefix: string): readonly Route[] {
  const which = prefix.endsWith('{version}') ? 'one version' : 'a model';
  return [
    {
      ...READ,
      path: prefix,
      summary: `Inputs, outputs and served versions of ${which}`,
      response: ModelMetadataSchema,
      handle: (call, request) => {
        const { name, version } = targetOf(request);
        const { info, versions } = service.models.modelInfo(call, name, version);
        return jsonResponse(encodeModelMetadata(info, versions));
      },
    },
    {
      ...READ,
      path: `${prefix}/ready`,
      tag: 'health',
      summary: `Whether ${which} answers requests: 200 or 503`,
      response: ModelReadySchema,
      handle: (call, request) => {
        const { name, version } = targetOf(request);
        const ready = service.models.modelReady(call, name, version);
        return healthResponse(ready, { name, ready }, request);
      },
    },
    {
      ...READ,
      path: `${prefix}/config`,
      summary: `Configuration of ${which}, as Triton writes it`,
      response: ModelConfigurationSchema,
      handle: (call, request) => {
        const { name, version } = targetOf(request);
        return jsonResponse(service.models.tritonConfig(call, name, version));
      },
    },
    {
      ...READ,
      path: `${prefix}/stats`,
      tag: 'statistics',
      summary: `Statistics of ${which}`,
      response: StatisticsSchema,
      handle: (call, request) => {
        return jsonResponse(encodeStatistics(statisticsOf(service, call, targetOf(request))));
      },
    },
  ];
}

/** Of a model or of one of its versions. Throws as Triton does where there is none. */
export function statisticsOf(
  { models }: Pick<Service, 'models'>,
  call: CallContext,
  { name, version }: InferTarget,
): readonly ModelStatistics[] {
  try {
    return models.modelStatistics(call, name, version);
  } catch (thrown) {
    throw blame(thrown);
  }
}
