import { type Static, Type } from '@sinclair/typebox';
import type { DeepReadonly } from '../core/index.js';

/** Tensors of clients on the same host in POSIX shared memory instead of in requests. */
export const SharedMemoryOptionsSchema = Type.Object(
  {
    enabled: Type.Boolean({
      default: false,
      description:
        'Clients may register POSIX shared memory of this host. Callers that may infer can then read and write every object there that the server may, except those that another caller has registered.',
      'x-flag': '--allow-client-shm',
    }),
    maxRegions: Type.Integer({
      default: 1_024,
      minimum: 1,
      description: 'Regions registered at a time; half of them at most for one principal.',
    }),
    maxBufferedBytes: Type.Integer({
      default: 1_073_741_824,
      minimum: 1,
      description:
        'Inputs read from shared memory and held at a time, half of it at most for one principal; more are refused at once.',
    }),
  },
  { additionalProperties: false },
);

export type SharedMemoryOptions = DeepReadonly<Static<typeof SharedMemoryOptionsSchema>>;
