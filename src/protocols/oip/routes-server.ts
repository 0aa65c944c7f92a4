import type { Service } from '../../service/index.js';
import { healthResponse, jsonResponse, type Route } from '../route.js';
import { ServerLiveSchema, ServerMetadataSchema, ServerReadySchema } from './routes-schemas.js';

const HEALTH = { tag: 'health', method: 'GET', access: 'public', control: false } as const;

/** Health, which needs no key, and the server's own metadata. */
export function createServerRoutes(service: Service): readonly Route[] {
  return [
    {
      ...HEALTH,
      path: '/v2/health/live',
      summary: 'Whether the process serves at all: 200 or 503',
      response: ServerLiveSchema,
      handle: (_call, request) => {
        const live = service.live();
        return healthResponse(live, { live }, request);
      },
    },
    {
      ...HEALTH,
      path: '/v2/health/ready',
      summary: 'Whether the models asked for at start are loaded or failed, and the server is not ending: 200 or 503',
      response: ServerReadySchema,
      handle: (_call, request) => {
        const ready = service.ready();
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
      handle: (call) => jsonResponse(service.serverInfo(call)),
    },
  ];
}
