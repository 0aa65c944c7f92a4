import type { Service } from '../../service/index.js';
import type { Route } from '../route.js';
import { createModelRoutes } from './routes-models.js';
import { createRepositoryRoutes } from './routes-repository.js';
import { createServerRoutes } from './routes-server.js';
import { createSettingsRoutes } from './routes-settings.js';
import { createSharedMemoryRoutes } from './routes-shared-memory.js';

/** The Open Inference Protocol v2 and Triton's extensions over HTTP, all but inference itself, which has a path of its own. */
export function createOipRoutes(service: Pick<Service, 'inference' | 'models' | 'server'>): readonly Route[] {
  return [
    ...createServerRoutes(service),
    ...createModelRoutes(service),
    ...createRepositoryRoutes(service),
    ...createSettingsRoutes(service),
    ...createSharedMemoryRoutes(service),
  ];
}
