import type { CallContext } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import { healthResponse, jsonResponse, type Route } from '../route.js';
import { ServerLiveSchema, ServerMetadataSchema, ServerReadySchema } from './routes-schemas.js';

const HEALTH = { tag: 'health', method: 'GET', access: 'public', control: false } as const;

/** Triton's extensions that are spoken here. */
const EXTENSIONS = [
  'classification',
  'sequence',
  'model_repository',
  'model_repository(unload_dependents)',
  'schedule_policy',
  'model_configuration',
  'binary_tensor_data',
  'parameters',
  'statistics',
  'logging',
];

export function serverMetadata({ server }: Pick<Service, 'server'>, call: CallContext) {
  const { version, hasSharedMemory } = server.info(call);
  const extensions = hasSharedMemory ? [...EXTENSIONS, 'system_shared_memory'] : EXTENSIONS;
  return { name: 'millrace', version, extensions };
}

/** Health, which needs no key, and the server's own metadata. */
export function createServerRoutes(service: Pick<Service, 'server'>): readonly Route[] {
  return [
    {
      ...HEALTH,
      path: '/v2/health/live',
      summary: 'Whether the process serves at all: 200 or 503',
      response: ServerLiveSchema,
      handle: (_call, request) => {
        const live = service.server.live();
        return healthResponse(live, { live }, request);
      },
    },
    {
      ...HEALTH,
      path: '/v2/health/ready',
      summary: 'Whether the models asked for at start are loaded or failed, and the server is not ending: 200 or 503',
      response: ServerReadySchema,
      handle: (_call, request) => {
        const ready = service.server.ready();
        return healthResponse(ready, { ready }, request);
      },
    },
    {
      method: 'GET',
      path: '/v2',
      tag: 'server',
      summary: 'Name, version and extensions of the server',
      access: 'key',
      control: false,
      response: ServerMetadataSchema,
      handle: (call) => jsonResponse(serverMetadata(service, call)),
    },
  ];
}
