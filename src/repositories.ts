import { processEnvironment, type Settings } from './config/index.js';
import type { EventBus } from './core/index.js';
import {
  createFolderRepository,
  dataFileNames,
  type FolderRepositorySetup,
  type ModelSource,
  type Repository,
} from './repository/index.js';
import { Puller, systemSurroundings } from './sources/index.js';

/** Where models are found. */
export function openRepository(
  { repository: options }: Settings,
  parts: Pick<FolderRepositorySetup, 'runtimes' | 'clock' | 'events' | 'declaredLabels'>,
): Repository {
  return createFolderRepository({ ...parts, paths: options.paths, options });
}

/** Pulls models from `sources`. */
export function createPuller(
  { sources: options }: Settings,
  { runtimes, clock, events }: Pick<FolderRepositorySetup, 'runtimes' | 'clock' | 'events'>,
): Puller {
  const surroundings = systemSurroundings(processEnvironment(), process.cwd());
  return new Puller({ options, surroundings, names: dataFileNames(runtimes), clock, events });
}

/** Removes the files of a model that came with a request. */
export function discardUpload(source: ModelSource, repository: Repository, events: EventBus): void {
  repository.discard(source).catch((error: unknown) => {
    const message = `uploaded files of model '${source.name}' could not be removed`;
    events.publish('diagnostic', { level: 'warn', room: 'repository', message, error });
  });
}
