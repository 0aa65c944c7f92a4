import type { UpgradeEndpoints } from '../api/index.js';
import { UPGRADE_ENDPOINTS } from '../api/schemas/index.js';
import type { Route } from '../protocols/index.js';
import type { ServerUseCases } from '../service/index.js';
import { createEndpointRoutes } from './endpoint-route.js';

/** Replacing the server by a new process. */
export function createUpgradeRoutes(server: Pick<ServerUseCases, 'upgrade'>): readonly Route[] {
  return createEndpointRoutes<UpgradeEndpoints>(UPGRADE_ENDPOINTS, {
    'POST /upgrade': async (call) => ({ body: await server.upgrade(call) }),
  });
}
