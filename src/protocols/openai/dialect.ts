import type { ServedModel } from '../../service/index.js';
import { type Dialect, KEY_HEADERS } from '../dialect.js';
import { unknownModel } from '../shared/generation/choices.js';
import { taskOf } from '../shared/pooling/tasks.js';
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
    routes: createOpenAiRoutes({ ...context, ...options, store }),
    shares: [
      {
        path: '/v1/models',
        members: ['object', 'data'],
        answer: (call) => {
          const served = service.models.readyModels(call, 'names').filter(hasTask);
          const names = new Map(served.map((info) => [info.ref.name, info]));
          return { object: 'list', data: [...names.values()].map(describeModel) };
        },
      },
      {
        path: '/v1/models/{model}',
        members: ['id', 'object', 'created', 'owned_by'],
        answer: (call, { params }) => {
          const { model = '' } = params;
          // Throws for who may do something to it, but not this.
          service.models.modelReady(call, model, undefined);
          const ready = service.models.readyModels(call, 'suggest').filter(hasTask);
          const info = ready.find(({ ref }) => ref.name === model);
          if (info === undefined) throw unknownModel(model, ready);
          return describeModel(info);
        },
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
