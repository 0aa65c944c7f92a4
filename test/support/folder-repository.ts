import { EventBus } from '../../src/core/index.js';
import { createFolderRepository, type Repository, type RepositoryScan } from '../../src/repository/index.js';
import { BUILT_IN_RUNTIMES } from '../../src/runtimes/index.js';
import { FakeClock } from './fake-clock.js';
import type { TempFolder } from './model-folder.js';

/** How long files must stay as they are before they are complete. */
export const STABLE_MS = 1_000;

/** A repository of these folders, for the built-in runtimes. */
export function openRepository(paths: readonly string[], clock = new FakeClock(), events = new EventBus()): Repository {
  return createFolderRepository({
    paths,
    runtimes: BUILT_IN_RUNTIMES,
    options: { stableMs: STABLE_MS },
    clock,
    events,
  });
}

/** `name/version` of what a scan has found. */
export function served(scan: RepositoryScan): string[] {
  return scan.sources.map((source) => `${source.name}/${source.version}`);
}

/** What a repository of this folder alone holds. */
export function scanOf(folder: TempFolder): Promise<RepositoryScan> {
  return openRepository([folder.path]).scan();
}
