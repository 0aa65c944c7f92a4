import type { ServedModel } from '../../service/index.js';
import { type Dialect, KEY_HEADERS } from '../dialect.js';
import { listedModel, listedModels } from '../shared/generation/listed-models.js';
import { taskOf } from '../shared/pooling/tasks.js';
import { BackgroundStreams } from './background-streams.js';
import { encodeError, OPENAI_STATUS } from './errors.js';
import type { OpenAiOptions } from './options.js';
import { quotaHeaders } from './quota-headers.js';
import type { OpenAiDialectContext } from './reading-route.js';
import { createOpenAiRoutes } from './routes.js';

/** OpenAI's API for language models. */
export function createOpenAiDialect(context: OpenAiDialectContext, options: OpenAiOptions): Dialect {
  const { service, clock } = context;
  const store = context.createStore({
    maxEntries: options.maxStoredResponses,
    maxBytes: options.maxStoredBytes,
    maxAgeMs: options.maxStoredAgeMs,
  });
  const startedAtS = Math.floor(clock.wallNow() / 1_000);
  const describeModel = ({ ref }: ServedModel) => ({
    id: ref.name,
    object: 'model',
    created: startedAtS,
    owned_by: 'millrace',
  });
  return {
    name: 'openai',
    description:
      "OpenAI's API: chat completions, completions and responses, whole and as streams of events; embeddings, with vLLM's scores and classes.",
    routes: createOpenAiRoutes({
      ...context,
      ...options,
      store,
      streams: new BackgroundStreams(clock),
      jobs: service.jobs,
    }),
    shares: [
      {
        path: '/v1/models',
        members: ['object', 'data'],
        answer: (call) => {
          return { object: 'list', data: listedModels(service, call, hasTask).map(describeModel) };
        },
      },
      {
        path: '/v1/models/{model}',
        members: ['id', 'object', 'created', 'owned_by'],
        answer: (call, { params }) =>
          describeModel(listedModel(service, call, { name: params.model ?? '', serves: hasTask })),
      },
    ],
    // The first one is Azure's.
    credentialHeaders: ['api-key', ...KEY_HEADERS],
    status: OPENAI_STATUS,
    encodeError,
    quotaHeaders,
  };
}

/** A model that this API serves. */
function hasTask(info: ServedModel): boolean {
  return taskOf(info) !== undefined;
}
