import type { Static } from '@sinclair/typebox';
import { MillraceError } from '../../core/index.js';
import type { Service } from '../../service/index.js';
import { emptyResponse, jsonResponse, type Route } from '../route.js';
import {
  CudaSharedMemoryStatusSchema,
  SharedMemoryRegisterSchema,
  SharedMemoryStatusSchema,
} from './routes-schemas.js';

const READ = { method: 'GET', tag: 'shared memory', access: 'key', control: false } as const;
const CHANGE = { method: 'POST', tag: 'shared memory', access: 'key', control: false } as const;
const SYSTEM = '/v2/systemsharedmemory';
const CUDA = '/v2/cudasharedmemory';

/** The system shared memory extension, and as much of the CUDA one as clients ask for without using it. */
export function createSharedMemoryRoutes(service: Pick<Service, 'inference'>): readonly Route[] {
  return [
    ...['/status', '/region/{region}/status'].map((path) => systemStatus(service, path)),
    {
      ...CHANGE,
      path: `${SYSTEM}/region/{region}/register`,
      summary: 'Registers a part of a POSIX shared memory object; needs sharedMemory.enabled',
      body: { kind: 'json', schema: SharedMemoryRegisterSchema },
      handle: async (call, { params, json }) => {
        const { key, offset = 0, byte_size } = json as Static<typeof SharedMemoryRegisterSchema>;
        await service.inference.registerSystemSharedMemory(call, {
          name: params.region ?? '',
          key,
          offset,
          sizeBytes: byte_size,
        });
        return emptyResponse();
      },
    },
    ...['/unregister', '/region/{region}/unregister'].map((path) => systemUnregister(service, path)),
    ...cudaRoutes(),
  ];
}

function systemStatus(service: Pick<Service, 'inference'>, path: string): Route {
  return {
    ...READ,
    path: SYSTEM + path,
    summary: path.includes('{region}') ? 'One registered region' : 'The registered regions',
    response: SharedMemoryStatusSchema,
    handle: (call, { params }) => {
      const regions = service.inference.systemSharedMemoryStatus(call, params.region);
      return jsonResponse(
        regions.map(({ name, key, offset, sizeBytes }) => ({ name, key, offset, byte_size: sizeBytes })),
      );
    },
  };
}

function systemUnregister(service: Pick<Service, 'inference'>, path: string): Route {
  return {
    ...CHANGE,
    path: SYSTEM + path,
    summary: path.includes('{region}') ? 'Forgets a region' : 'Forgets all regions',
    handle: async (call, { params }) => {
      await service.inference.unregisterSystemSharedMemory(call, params.region);
      return emptyResponse();
    },
  };
}

/** There never are any CUDA regions: clients that look for them or clean up are told so, and none can be registered. */
function cudaRoutes(): readonly Route[] {
  return [
    {
      ...READ,
      hidden: true,
      path: `${CUDA}/status`,
      summary: 'The registered CUDA regions: none',
      response: CudaSharedMemoryStatusSchema,
      handle: () => jsonResponse([]),
    },
    {
      ...READ,
      hidden: true,
      path: `${CUDA}/region/{region}/status`,
      summary: 'No such region',
      handle: (_call, { params }) => {
        throw new MillraceError('not_found', `no CUDA shared memory region '${params.region}' is registered`);
      },
    },
    {
      ...CHANGE,
      hidden: true,
      path: `${CUDA}/region/{region}/register`,
      summary: 'Not implemented',
      handle: () => {
        throw new MillraceError(
          'unimplemented',
          'this server does not offer CUDA shared memory; use system shared memory or send tensors in the request',
        );
      },
    },
    ...['/unregister', '/region/{region}/unregister'].map(
      (path): Route => ({
        ...CHANGE,
        hidden: true,
        path: CUDA + path,
        summary: 'Nothing to forget',
        handle: () => emptyResponse(),
      }),
    ),
  ];
}
