import type {
  BatchingReport,
  Encoded,
  InstanceReport,
  MemoryNeed,
  VersionEndpoints,
  VersionReport,
} from '../api/index.js';
import { VERSION_ENDPOINTS } from '../api/schemas/index.js';
import type { BatchingChoice } from '../engine/index.js';
import type { KnownNeed } from '../memory/index.js';
import type { Route } from '../protocols/index.js';
import type { VersionReport as KnownVersion, Service } from '../service/index.js';
import { createEndpointRoutes } from './endpoint-route.js';

/** How the versions of a model run. */
export function createVersionRoutes(service: Pick<Service, 'models'>): readonly Route[] {
  return createEndpointRoutes<VersionEndpoints>(VERSION_ENDPOINTS, {
    'GET /models/{model}/versions'(call, { params: { model } }) {
      return { body: { model, versions: service.models.modelVersions(call, model).map(encodeVersion) } };
    },
  });
}

function encodeVersion({ version, state, batching, instances, memory }: KnownVersion): Encoded<VersionReport> {
  return {
    version,
    state: state.kind,
    reason: 'reason' in state ? state.reason : undefined,
    batching: batching && encodeBatching(batching),
    instances: instances.map(encodeInstance),
    memory: memory && encodeMemory(memory),
  };
}

/** The memory that a version needs. */
export function encodeMemory({ restBytes, peakBytes, isMeasured }: KnownNeed): Encoded<MemoryNeed> {
  return { rest_bytes: restBytes, peak_bytes: peakBytes, measured: isMeasured };
}

/** Whether requests are batched together, and why. */
export function encodeBatching({ enabled, cause, reason }: BatchingChoice): Encoded<BatchingReport> {
  return { enabled, reason: cause, detail: reason };
}

/** An instance, and where the limit of its memory comes from. */
export function encodeInstance({
  id,
  up,
  restarts,
  memoryLimit,
}: KnownVersion['instances'][number]): Encoded<InstanceReport> {
  return { id, up, restarts, memory_limit: memoryLimit && { bytes: memoryLimit.bytes, source: memoryLimit.source } };
}
