import { Type } from '@sinclair/typebox';
import type { Service } from '../../service/index.js';
import type { Route } from '../route.js';

/** What TorchServe says of its health, also over gRPC. */
export function healthText(service: Pick<Service, 'server'>): string {
  return JSON.stringify({ status: service.server.ready() ? 'Healthy' : 'Unhealthy' });
}

export function createPingRoute(service: Pick<Service, 'server'>): Route {
  return {
    method: 'GET',
    path: '/ping',
    tag: 'torchserve',
    summary: 'Whether the models asked for at start are loaded or failed, and the server is not ending: 200 or 503',
    access: 'public',
    control: false,
    response: Type.Object({ status: Type.String() }),
    handle: () => ({
      status: service.server.ready() ? 200 : 503,
      headers: { 'content-type': 'application/json' },
      body: healthText(service),
    }),
  };
}
