import type { Clock } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import type { Decoder } from '../decoding/decoder.js';
import type { GrpcMethod } from './method.js';

export interface GrpcServices {
  readonly service: Service;
  readonly clock: Clock;
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
  /** Metadata that becomes parameters of inference requests; undefined = none. */
  readonly forwardHeaders: RegExp | undefined;
  /** For messages that take long to decode. Default: one of its own. */
  readonly decoder?: Decoder;
}

/** Every method that is served over gRPC: Triton's, health and reflection. Loaded only by a server that has such a port. */
export async function loadGrpcMethods(services: GrpcServices): Promise<readonly GrpcMethod[]> {
  const { service, ...options } = services;
  const [{ createGrpcMethods }, { createHealthMethods }, { createReflectionMethods }] = await Promise.all([
    import('../oip/grpc/routes.js'),
    import('./health.js'),
    import('./reflection/index.js'),
  ]);
  return [
    ...createGrpcMethods(service, options),
    ...createHealthMethods(service, options.clock),
    ...createReflectionMethods(),
  ];
}
