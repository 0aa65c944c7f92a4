import { MillraceError } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import type { GrpcMethod } from '../../shared/grpc/method.js';
import { plainMethod } from './unary.js';

interface RegionRequest {
  /** '' = all regions. */
  readonly name: string;
}

/** 64-bit integers are strings in protobuf's JSON. */
interface RegisterRequest {
  readonly name: string;
  readonly key: string;
  readonly offset: string;
  readonly byte_size: string;
}

/** The system shared memory extension, and as much of the CUDA one as clients ask for without using it. */
export function createSharedMemoryMethods(service: Pick<Service, 'inference'>): readonly GrpcMethod[] {
  return [
    plainMethod<RegionRequest>({
      name: 'SystemSharedMemoryStatus',
      answer: (call, { name }) => {
        const regions = service.inference.systemSharedMemoryStatus(call, name === '' ? undefined : name);
        const entries = regions.map(({ name, key, offset, sizeBytes }) => [
          name,
          { name, key, offset, byte_size: sizeBytes },
        ]);
        return { regions: Object.fromEntries(entries) };
      },
    }),
    plainMethod<RegisterRequest>({
      name: 'SystemSharedMemoryRegister',
      answer: async (call, { name, key, offset, byte_size }) => {
        const region = { name, key, offset: Number(offset), sizeBytes: Number(byte_size) };
        await service.inference.registerSystemSharedMemory(call, region);
        return {};
      },
    }),
    plainMethod<RegionRequest>({
      name: 'SystemSharedMemoryUnregister',
      answer: async (call, { name }) => {
        await service.inference.unregisterSystemSharedMemory(call, name === '' ? undefined : name);
        return {};
      },
    }),
    ...cudaMethods(),
  ];
}

/** There never are any CUDA regions: clients that look for them or clean up are told so, and none can be registered. */
function cudaMethods(): readonly GrpcMethod[] {
  return [
    plainMethod<RegionRequest>({
      name: 'CudaSharedMemoryStatus',
      answer: (_call, { name }) => {
        if (name === '') return { regions: {} };
        throw new MillraceError('not_found', `no CUDA shared memory region '${name}' is registered`);
      },
    }),
    plainMethod({
      name: 'CudaSharedMemoryRegister',
      answer: () => {
        throw new MillraceError(
          'unimplemented',
          'this server does not offer CUDA shared memory; use system shared memory or send tensors in the request',
        );
      },
    }),
    plainMethod({ name: 'CudaSharedMemoryUnregister', answer: () => ({}) }),
  ];
}
