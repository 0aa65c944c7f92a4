import { promises as fs } from 'node:fs';
import type { RuntimeCatalog } from './catalog.js';
import { describeFileError } from './files.js';
import { CONFIG_FILES, type ModelLocation } from './find-models.js';
import type { ReadConfig } from './read-config.js';
import { readModel } from './read-model.js';
import { type Selection, type SelectionContext, selectSources } from './select-sources.js';
import { versionPlaces } from './version-places.js';

/** Everything that one scan finds out about one model. */
export interface Examination extends Omit<Selection, 'problems'> {
  readonly name: string;
  /** `version` is undefined where the whole model is concerned. */
  readonly problems: readonly { readonly version: number | undefined; readonly reason: string }[];
}

export interface ExaminationContext extends SelectionContext {
  readonly catalog: RuntimeCatalog;
}

/** Reads a model, selects its versions, and turns whatever is wrong into problems: one model never stops the others. */
export async function examineModel(
  location: ModelLocation,
  config: () => Promise<ReadConfig>,
  context: ExaminationContext,
): Promise<Examination> {
  try {
    const reading = await readModel(location, await config(), context.catalog);
    const selection = await selectSources(reading, context);
    return { ...selection, name: reading.name, notices: [...reading.notices, ...selection.notices] };
  } catch (error) {
    const nothing = { name: location.name, sources: [], unselected: [], notices: [] };
    const settlesInMs = await settlingOf(location, context);
    if (settlesInMs === 0) {
      return { ...nothing, unsettled: [], problems: [{ version: undefined, reason: describeFileError(error) }] };
    }
    // A configuration or a label file that is just being written is not judged yet.
    const unsettled = versionPlaces(location).map(({ version }) => ({ version, settlesInMs }));
    return { ...nothing, unsettled, problems: [] };
  }
}

/** How long ago somebody was at work on the folder or its configuration, as the time left until that is over. */
async function settlingOf(
  { layout, name, folder, entries }: ModelLocation,
  { tracker }: SelectionContext,
): Promise<number> {
  if (layout === 'upload' || layout === 'file') return 0;
  const configs = entries.filter((entry) => CONFIG_FILES.includes(entry.name)).map((entry) => entry.path);
  const times = await Promise.all([folder, ...configs].map((file) => fs.stat(file).catch(() => undefined)));
  const newestMtimeMs = Math.max(...times.map((stats) => stats?.mtimeMs ?? Number.NEGATIVE_INFINITY));
  return tracker.judge(`${folder}\n${name}`, '', newestMtimeMs).settlesInMs;
}
