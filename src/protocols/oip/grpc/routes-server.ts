import type { Service } from '../../../service/index.js';
import type { GrpcMethod } from '../../shared/grpc/method.js';
import { serverMetadata } from '../routes-server.js';
import { plainMethod } from './unary.js';

/** Health, which needs no key, and the server's own metadata. */
export function createServerMethods(service: Pick<Service, 'server'>): readonly GrpcMethod[] {
  return [
    plainMethod({ name: 'ServerLive', access: 'public', answer: () => ({ live: service.server.live() }) }),
    plainMethod({ name: 'ServerReady', access: 'public', answer: () => ({ ready: service.server.ready() }) }),
    plainMethod({ name: 'ServerMetadata', answer: (call) => serverMetadata(service, call) }),
  ];
}
