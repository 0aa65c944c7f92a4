import path from 'node:path';
import type { RuntimeCatalog } from './catalog.js';
import type { ModelLocation } from './find-models.js';
import type { ReadConfig } from './read-config.js';
import { readModel } from './read-model.js';
import type { ModelPlace } from './types.js';

/** What a load has to know of a model before it can be pulled. Throws a sentence where nothing of it can be served. */
export async function describePlace(
  location: ModelLocation,
  read: ReadConfig,
  catalog: RuntimeCatalog,
): Promise<ModelPlace> {
  const { repository, folder, layout } = location;
  const { name, config, versions } = await readModel(location, read, catalog);
  const isUnpulled = versions.every(({ model }) => 'problem' in model && model.unpulled === true);
  // A bare file lies in the repository itself, among others.
  const source = layout === 'file' ? undefined : config.source;
  return { name, repository, folder, isThere: true, source, lacksFiles: source !== undefined && isUnpulled };
}

/** Where a model that is not there would be put. */
export function newPlace(name: string, repository: string): ModelPlace {
  const folder = path.join(repository, name);
  return { name, repository, folder, isThere: false, source: undefined, lacksFiles: false };
}
