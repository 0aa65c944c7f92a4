import { Turns } from '../../core/index.js';
import { type Dialect, type DialectContext, KEY_HEADERS } from '../dialect.js';
import { encodeErrorText } from '../shared/http-errors.js';
import { createInferenceRoutes } from './inference-routes.js';
import { addModels } from './openapi.js';
import { createOipRoutes } from './routes.js';
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
