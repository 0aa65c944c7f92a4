import { Type } from '@sinclair/typebox';
import type {
  BatchingReport,
  InstanceReport,
  MemoryLimit,
  MemoryNeed,
  VersionEndpoints,
  VersionList,
  VersionReport,
  VersionState,
} from '../versions.js';
import { oneOf } from './common.js';
import type { EndpointSpecs } from './endpoint-spec.js';
import { schemaOf } from './schema-of.js';

export const BatchingReportSchema = schemaOf<BatchingReport>()(
  Type.Object(
    {
      enabled: Type.Boolean(),
      reason: oneOf(
        'configured',
        'no_batch_dimension',
        'single_row_batches',
        'rows_depend_on_batch',
        'not_measured',
        'measured_at_load',
        'measured_in_runs',
      ),
      detail: Type.String({ description: 'The same for people, with the times that were measured.' }),
    },
    { description: 'Whether its requests are batched together now; absent while it is not loaded.' },
  ),
);
const MemoryLimitSchema = schemaOf<MemoryLimit>()(
  Type.Object(
    { bytes: Type.Number(), source: oneOf('model', 'server', 'default', 'files', 'machine') },
    {
      description:
        'Resident memory above which its runner, which other models may share, is killed, and where that comes from. Absent in the server itself, and while the runner is down.',
    },
  ),
);
export const INSTANCE = {
  id: Type.String(),
  up: Type.Boolean(),
  restarts: Type.Integer(),
  memory_limit: Type.Optional(MemoryLimitSchema),
};
const InstanceReportSchema = schemaOf<InstanceReport>()(Type.Object(INSTANCE));

export const MemoryNeedSchema = schemaOf<MemoryNeed>()(
  Type.Object(
    {
      rest_bytes: Type.Integer({ minimum: 0, description: 'Loaded and warmed up.' }),
      peak_bytes: Type.Integer({ minimum: 0, description: 'Most while it loads.' }),
      measured: Type.Boolean({
        description: 'Measured at the last load; false = estimated from the size of its files, until it is loaded.',
      }),
    },
    {
      description:
        'Memory of its runner processes: anonymous memory and resident pages of files. Missing where the model lives in the server itself.',
    },
  ),
);

export const VersionStateSchema = schemaOf<VersionState>()(
  oneOf('loading', 'warming', 'ready', 'recovering', 'draining', 'unloaded', 'failed'),
);
const VersionReportSchema = schemaOf<VersionReport>()(
  Type.Object({
    version: Type.Integer(),
    state: VersionStateSchema,
    reason: Type.Optional(Type.String({ description: 'Why it is not ready.' })),
    batching: Type.Optional(BatchingReportSchema),
    instances: Type.Array(InstanceReportSchema),
    memory: Type.Optional(MemoryNeedSchema),
  }),
);
const VersionListSchema = schemaOf<VersionList>()(
  Type.Object({ model: Type.String(), versions: Type.Array(VersionReportSchema) }),
);

/** How the versions of a model run. */
export const VERSION_ENDPOINTS: EndpointSpecs<VersionEndpoints> = {
  'GET /models/{model}/versions': {
    tag: 'traffic',
    summary: 'Report the versions of a model: states, batching, instances and memory limits',
    control: false,
    answer: VersionListSchema,
  },
};
