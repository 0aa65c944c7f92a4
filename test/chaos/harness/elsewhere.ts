import type { FolderContents } from '../../support/model-folder.js';
import { LISTED, MOUNTED, versionFile } from './models.js';

export const LIST = 'models.config';
/** A repository of its own, as a volume that is mounted. */
export const VOLUME = 'volume';

/** The list as it is while all is well. */
export const LIST_TEXT = `model_config_list { config { name: '${LISTED.name}' base_path: '${LISTED.name}' } }\n`;

/** Repositories to which accidents happen: a list of models, and a folder beside it. */
export function elsewhere(): FolderContents {
  const [listed, mounted] = [LISTED, MOUNTED].map((model) => versionFile(model, { version: 1, build: 1 }));
  return {
    [LIST]: LIST_TEXT,
    [`${LISTED.name}/model.yaml`]: LISTED.config,
    [`${listed?.[0]}`]: listed?.[1] ?? '',
    [`${VOLUME}/${MOUNTED.name}/model.yaml`]: MOUNTED.config,
    [`${VOLUME}/${mounted?.[0]}`]: mounted?.[1] ?? '',
  };
}
