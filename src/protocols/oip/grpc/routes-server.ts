import type { Service } from '../../../service/index.js';
import type { GrpcMethod } from '../../shared/grpc/method.js';
import { plainMethod } from './unary.js';

/** Health, which needs no key, and the server's own metadata. */
export function createServerMethods(service: Service): readonly GrpcMethod[] {
  return [
    plainMethod({ name: 'ServerLive', access: 'public', answer: () => ({ live: service.live() }) }),
    plainMethod({ name: 'ServerReady', access: 'public', answer: () => ({ ready: service.ready() }) }),
    plainMethod({ name: 'ServerMetadata', answer: (call) => service.serverInfo(call) }),
  ];
}
