import type { Clock } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import type { GrpcMethod } from './method.js';

export interface GrpcServices {
  readonly service: Service;
  readonly clock: Clock;
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
}

/** Every method that is served over gRPC: Triton's, health and reflection. Loaded only by a server that has such a port. */
export async function loadGrpcMethods({ service, clock, maxInputs }: GrpcServices): Promise<readonly GrpcMethod[]> {
  const [{ createGrpcMethods }, { createHealthMethods }, { createReflectionMethods }] = await Promise.all([
    import('./routes.js'),
    import('./health.js'),
    import('./reflection/index.js'),
  ]);
  return [
    ...createGrpcMethods(service, { maxInputs, clock }),
    ...createHealthMethods(service, clock),
    ...createReflectionMethods(),
  ];
}
