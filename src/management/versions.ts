import { Type } from '@sinclair/typebox';
import { BATCHING_CAUSES } from '../engine/index.js';
import { jsonResponse, type Route } from '../protocols/index.js';
import { MEMORY_LIMIT_REASONS } from '../runtimes/index.js';
import type { Service, VersionReport } from '../service/index.js';

const words = (values: readonly string[]) => Type.Union(values.map((value) => Type.Literal(value)));

const VersionsSchema = Type.Object({
  model: Type.String(),
  versions: Type.Array(
    Type.Object({
      version: Type.Integer(),
      state: Type.String({
        description: '`loading`, `warming`, `ready`, `recovering`, `draining`, `unloaded` or `failed`.',
      }),
      reason: Type.Optional(Type.String({ description: 'Why it is not ready.' })),
      batching: Type.Optional(
        Type.Object(
          {
            enabled: Type.Boolean(),
            reason: words(BATCHING_CAUSES),
            detail: Type.String({ description: 'The same for people, with the times that were measured.' }),
          },
          { description: 'Whether its requests are batched together now; absent while it is not loaded.' },
        ),
      ),
      instances: Type.Array(
        Type.Object({
          id: Type.String(),
          up: Type.Boolean(),
          restarts: Type.Integer(),
          memory_limit: Type.Optional(
            Type.Object(
              { bytes: Type.Number(), source: words(Object.keys(MEMORY_LIMIT_REASONS)) },
              {
                description:
                  'Resident memory above which its runner, which other models may share, is killed, and where that comes from. Absent in the server itself, and while the runner is down.',
              },
            ),
          ),
        }),
      ),
    }),
  ),
});

/** How the versions of a model run. */
export function createVersionRoutes(service: Pick<Service, 'modelVersions'>): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/millrace/v1/models/{model}/versions',
      tag: 'traffic',
      access: 'key',
      summary: 'Report the versions of a model: states, batching, instances and memory limits',
      control: false,
      response: VersionsSchema,
      handle: (call, { params: { model = '' } }) =>
        jsonResponse({ model, versions: service.modelVersions(call, model).map(encode) }),
    },
  ];
}

function encode({ version, state, batching, instances }: VersionReport) {
  return {
    version,
    state: state.kind,
    ...('reason' in state && state.reason !== undefined ? { reason: state.reason } : {}),
    ...(batching && { batching: { enabled: batching.enabled, reason: batching.cause, detail: batching.reason } }),
    instances: instances.map(({ id, up, restarts, memoryLimit }) => ({
      id,
      up,
      restarts,
      ...(memoryLimit && { memory_limit: { bytes: memoryLimit.bytes, source: memoryLimit.source } }),
    })),
  };
}
