import type { Action, Principal } from '../core/index.js';
import type { Audited } from '../governance/index.js';
import { admit } from '../governance/index.js';
import type { RegionCaller, SharedMemory } from '../shared-memory/index.js';
import type { InferenceUseCases } from './types.js';

interface SharedMemorySetup {
  readonly sharedMemory: SharedMemory;
  readonly audited: Audited;
}

type SharedMemoryUseCases = Pick<
  InferenceUseCases,
  'systemSharedMemoryStatus' | 'registerSystemSharedMemory' | 'unregisterSystemSharedMemory'
>;

/**
 * Registering regions is part of sending a request, so callers that may infer may do it; the operator has switched it on. Callers that manage
 * the server need no right to infer to see and remove the regions of others.
 */
export function createSharedMemoryUseCases({ sharedMemory, audited }: SharedMemorySetup): SharedMemoryUseCases {
  const change = (action: string, resource: string, right: Action = 'memory.use') =>
    ({ action: `sharedMemory.${action}`, resource, right, on: [''] }) as const;
  return {
    systemSharedMemoryStatus(call, name) {
      admit(call.principal, 'memory.read', '');
      return sharedMemory.status(callerOf(call.principal), name);
    },
    registerSystemSharedMemory: (call, region) =>
      audited(call, change('register', region.name), () => sharedMemory.register(call.principal, region)),
    unregisterSystemSharedMemory(call, name) {
      const caller = callerOf(call.principal);
      const right = caller.managesAll ? 'server.manage' : 'memory.use';
      return audited(call, change('unregister', name ?? '', right), () => sharedMemory.unregister(caller, name));
    },
  };
}

/** Only callers who manage the server see regions of other callers. */
function callerOf({ ownerId, name, rights }: Principal): RegionCaller {
  return { ownerId, name, managesAll: rights.allow('server.manage', '*') };
}
