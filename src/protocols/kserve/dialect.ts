import { type ErrorCode, MillraceError } from '../../core/index.js';
import { type Dialect, type DialectContext, KEY_HEADERS } from '../dialect.js';
import { encodeErrorText, HTTP_STATUS } from '../shared/http-errors.js';
import { createKserveRoutes, readyNames } from './routes.js';

/** KServe's v1 protocol, and what its servers have besides the Open Inference Protocol. */
export function createKserveDialect(context: DialectContext): Dialect {
  const { service } = context;
  return {
    name: 'kserve',
    description: "KServe's v1 protocol: predictions of rows, as JSON, as events, or for a photo or a sound as it is.",
    routes: createKserveRoutes(context),
    shares: [
      {
        path: '/v1/models',
        members: ['models'],
        answer: (call) => ({ models: readyNames(call, service) }),
      },
      {
        path: '/v1/models/{model}',
        members: ['name', 'ready'],
        answer: (call, { params }) => {
          const { model = '' } = params;
          const statuses = service.models.modelStatuses(call, model, undefined);
          if (statuses.some(({ state }) => state.kind === 'ready')) return { name: model, ready: true };
          throw new MillraceError('unavailable', `Model with name ${model} is not ready.`);
        },
      },
    ],
    credentialHeaders: KEY_HEADERS,
    status: KSERVE_STATUS,
    encodeError: encodeErrorText,
  };
}

/** HTTP status of each error on KServe's routes. */
const KSERVE_STATUS: Readonly<Record<ErrorCode, number>> = {
  ...HTTP_STATUS,
  failed_precondition: 412,
  resource_exhausted: 503,
};
