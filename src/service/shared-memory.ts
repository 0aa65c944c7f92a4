import type { EventBus } from '../core/index.js';
import { admit } from '../governance/index.js';
import type { SharedMemory } from '../shared-memory/index.js';
import { createAudit } from './audit.js';
import type { Service } from './types.js';

type SharedMemoryUseCases = Pick<
  Service,
  'systemSharedMemoryStatus' | 'registerSystemSharedMemory' | 'unregisterSystemSharedMemory'
>;

/** Registering regions is part of sending a request, so who may infer may do it; the operator has switched it on. */
export function createSharedMemoryUseCases(sharedMemory: SharedMemory, events: EventBus): SharedMemoryUseCases {
  const audited = createAudit(events, 'infer');
  return {
    systemSharedMemoryStatus(call, name) {
      admit(call.principal, 'observe', 'infer');
      return sharedMemory.status(name);
    },
    registerSystemSharedMemory: (call, region) =>
      audited(call, { action: 'sharedMemory.register', resource: region.name }, () => sharedMemory.register(region)),
    unregisterSystemSharedMemory: (call, name) =>
      audited(call, { action: 'sharedMemory.unregister', resource: name ?? '' }, () => sharedMemory.unregister(name)),
  };
}
