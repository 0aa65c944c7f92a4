import path from 'node:path';
import type { Settings } from '../../config/index.js';
import { checkFolders } from '../../repository/index.js';
import type { KeptRepository } from '../../service/index.js';
import type { RepositoryFacts } from '../facts.js';

/** The repositories of the settings; `kept`: those whose changes the running server does not follow. */
export function gatherRepositories(
  { repository }: Settings,
  kept: readonly KeptRepository[],
): Promise<readonly RepositoryFacts[]> {
  return Promise.all(
    repository.paths.map(async (folder, index) => {
      const own = kept.find((one) => one.repository === path.resolve(folder));
      const problem = own?.reason ?? (await problemOf(folder));
      return {
        setting: ['repository', 'paths', String(index)],
        path: folder,
        problem,
        keptModels: own?.models.length ?? 0,
      };
    }),
  );
}

async function problemOf(folder: string): Promise<string> {
  return checkFolders([folder], '').then(
    () => '',
    (error: Error) => error.message,
  );
}
