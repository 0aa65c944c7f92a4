import { toTritonConfig } from '../../repository/index.js';
import type { Service } from '../../service/index.js';
import { healthResponse, jsonResponse, type Route } from '../route.js';
import { targetOf } from '../shared/target.js';
import { encodeModelMetadata, encodeStatistics } from './routes-encode.js';
import { ModelConfigurationSchema, ModelMetadataSchema, ModelReadySchema, StatisticsSchema } from './routes-schemas.js';

const READ = { method: 'GET', tag: 'models', access: 'key', control: false } as const;

/** Everything that can be asked of a model, of the version that the policy chooses or of a given one. */
export function createModelRoutes(service: Service): readonly Route[] {
  return [
    {
      ...READ,
      path: '/v2/models/stats',
      tag: 'statistics',
      summary: 'Statistics of all models',
      response: StatisticsSchema,
      handle: (call) => jsonResponse(encodeStatistics(service.modelStatistics(call, undefined, undefined))),
    },
    ...routesUnder(service, '/v2/models/{model}'),
    ...routesUnder(service, '/v2/models/{model}/versions/{version}'),
  ];
}

function routesUnder(service: Service, prefix: string): readonly Route[] {
  const which = prefix.endsWith('{version}') ? 'one version' : 'a model';
  return [
    {
      ...READ,
      path: prefix,
      summary: `Inputs, outputs and served versions of ${which}`,
      response: ModelMetadataSchema,
      handle: (call, request) => {
        const { name, version } = targetOf(request);
        const { info, versions } = service.modelInfo(call, name, version);
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
        const ready = service.modelReady(call, name, version);
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
        return jsonResponse(toTritonConfig(service.modelInfo(call, name, version).info));
      },
    },
    {
      ...READ,
      path: `${prefix}/stats`,
      tag: 'statistics',
      summary: `Statistics of ${which}`,
      response: StatisticsSchema,
      handle: (call, request) => {
        const { name, version } = targetOf(request);
        return jsonResponse(encodeStatistics(service.modelStatistics(call, name, version)));
      },
    },
  ];
}
