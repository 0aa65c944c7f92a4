import { Turns } from '../../core/index.js';
import { type Dialect, type DialectContext, KEY_HEADERS } from '../dialect.js';
import type { Route } from '../route.js';
import { encodeErrorText } from '../shared/http-errors.js';
import { createInferenceRoutes } from './inference-routes.js';
import { addModels } from './openapi.js';
import { createModelRoutes } from './routes-models.js';
import { createRepositoryRoutes } from './routes-repository.js';
import { createServerRoutes } from './routes-server.js';
import { createSettingsRoutes } from './routes-settings.js';
import { createSharedMemoryRoutes } from './routes-shared-memory.js';
import { OIP_STATUS } from './status.js';

/** The Open Inference Protocol v2 with the extensions of Triton Inference Server, over HTTP and gRPC. */
export function createOipDialect(context: DialectContext): Dialect {
  const turns = new Turns(context.clock);
  return {
    name: 'oip',
    description: 'Open Inference Protocol v2 with the extensions of Triton Inference Server.',
    routes: [...createInferenceRoutes(context), ...createOipRoutes(context.service)],
    loadGrpc: async () => (await import('./grpc/part.js')).createGrpcPart(context),
    credentialHeaders: KEY_HEADERS,
    status: OIP_STATUS,
    encodeError: encodeErrorText,
    describeModels: (document, description) => addModels(document, description, turns),
  };
}

/** The Open Inference Protocol v2 and Triton's extensions over HTTP, all but inference itself, which has a path of its own. */
function createOipRoutes(service: DialectContext['service']): readonly Route[] {
  return [
    ...createServerRoutes(service),
    ...createModelRoutes(service),
    ...createRepositoryRoutes(service),
    ...createSettingsRoutes(service),
    ...createSharedMemoryRoutes(service),
  ];
}
