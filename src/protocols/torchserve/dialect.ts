import { type Dialect, type DialectContext, KEY_HEADERS } from '../dialect.js';
import { encodeError, TORCHSERVE_STATUS } from './errors.js';
import { createPingRoute } from './ping.js';
import { createInferenceRoutes } from './routes-inference.js';
import { createManagementRoutes } from './routes-management.js';

/** TorchServe's inference and management APIs, over HTTP and gRPC. */
export function createTorchServeDialect(context: DialectContext): Dialect {
  const { service } = context;
  return {
    name: 'torchserve',
    description: "TorchServe's inference and management APIs.",
    routes: [createPingRoute(service), ...createInferenceRoutes(context), ...createManagementRoutes(service)],
    loadGrpc: async () => (await import('./grpc/part.js')).createGrpcPart(context),
    credentialHeaders: KEY_HEADERS,
    status: TORCHSERVE_STATUS,
    encodeError,
  };
}
