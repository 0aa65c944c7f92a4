import { type Dialect, type DialectContext, KEY_HEADERS } from '../dialect.js';
import { encodeErrorText, HTTP_STATUS } from '../shared/http-errors.js';
import { encodeStatuses } from './model-status.js';
import { createMetricsRoute, createTfsRoutes } from './routes.js';
import { targetOf } from './target.js';

/** TensorFlow Serving: its REST API, PredictionService and ModelService. */
export function createTfsDialect(context: DialectContext): Dialect {
  const { service } = context;
  return {
    name: 'tfs',
    description: 'TensorFlow Serving: predict, classify and regress, metadata and status of models.',
    routes: createTfsRoutes(context),
    ownPortRoutes: [createMetricsRoute(context)],
    shares: [
      {
        path: '/v1/models/{model}',
        members: ['model_version_status'],
        answer: (call, request) => {
          const { name, version } = targetOf(request);
          return { ...encodeStatuses(service.models.modelStatuses(call, name, version)) };
        },
      },
    ],
    loadGrpc: async () => (await import('./grpc/part.js')).createGrpcPart(context),
    credentialHeaders: KEY_HEADERS,
    status: HTTP_STATUS,
    encodeError: encodeErrorText,
  };
}
