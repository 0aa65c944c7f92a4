import type { Clock } from '../../../core/index.js';
import type { Service } from '../../../service/index.js';
import type { Decoder } from '../../shared/decoding/decoder.js';
import type { GrpcMethod } from '../../shared/grpc/method.js';
import { serverMetadata } from '../routes-server.js';
import { createInferHandler } from './infer.js';
import { createStreamOpener } from './infer-stream.js';
import { createModelMethods } from './routes-models.js';
import { createRepositoryMethods } from './routes-repository.js';
import { createSettingsMethods } from './routes-settings.js';
import { createSharedMemoryMethods } from './routes-shared-memory.js';
import { pathOf, plainMethod } from './unary.js';

export interface GrpcMethodOptions {
  /** Most inputs of a request, and most outputs that it may name. */
  readonly maxInputs: number;
  /** Metadata that becomes parameters of inference requests; undefined = none. */
  readonly forwardHeaders?: RegExp | undefined;
  /** For messages that take long to decode. Default: one of its own. */
  readonly decoder?: Decoder;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** The 20 methods of Triton's `inference.GRPCInferenceService`, six of which are the Open Inference Protocol's. */
export function createGrpcMethods(
  service: Pick<Service, 'inference' | 'models' | 'server'>,
  options: GrpcMethodOptions,
): readonly GrpcMethod[] {
  const infer = { ...options, service };
  return [
    {
      kind: 'unary',
      path: pathOf('ModelInfer'),
      access: 'key',
      control: false,
      largeMessages: true,
      inference: true,
      handle: createInferHandler(infer),
    },
    {
      kind: 'stream',
      path: pathOf('ModelStreamInfer'),
      access: 'key',
      control: false,
      largeMessages: true,
      open: createStreamOpener(infer),
    },
    ...createServerMethods(service),
    ...createModelMethods(service),
    ...createRepositoryMethods(service),
    ...createSettingsMethods(service),
    ...createSharedMemoryMethods(service),
  ];
}

/** Health, which needs no key, and the server's own metadata. */
function createServerMethods(service: Pick<Service, 'server'>): readonly GrpcMethod[] {
  const { server } = service;
  return [
    plainMethod({ name: 'ServerLive', access: 'public', answer: () => ({ live: server.live() }) }),
    plainMethod({ name: 'ServerReady', access: 'public', answer: () => ({ ready: server.ready() }) }),
    plainMethod({ name: 'ServerMetadata', answer: (call) => serverMetadata(service, call) }),
  ];
}
