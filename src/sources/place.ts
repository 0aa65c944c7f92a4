import { promises as fs } from 'node:fs';
import path from 'node:path';
import { MillraceError } from '../core/index.js';
import { formatLock, isPlaced, LOCK_FILE, type Lock } from './lock.js';
import { abandonedBase, ownedName } from './network/owned-name.js';

/** Hidden, so that repositories take no notice of it. */
const STAGING = '.millrace-pull';

/** A folder in the repository in which a model is put together; what earlier pulls that were killed have left is removed. */
export async function createStaging(repository: string): Promise<string> {
  await fs.mkdir(repository, { recursive: true });
  for (const name of await fs.readdir(repository)) {
    if (abandonedBase(name) === STAGING) await fs.rm(path.join(repository, name), { recursive: true, force: true });
  }
  const staging = path.join(repository, ownedName(STAGING));
  await fs.mkdir(staging);
  return staging;
}

export interface Placing {
  /** The model's folder, which may not be there yet. */
  readonly folder: string;
  /** Holds `files/`: what goes into the version folder. */
  readonly staging: string;
  readonly version: number;
  readonly lock: Lock;
  /** Of `model.yaml`, where there is none. */
  readonly config: string | undefined;
}

/**
 * Puts a model into its place in one step: a new folder, or a new version folder in one that is there. Rejects with
 * `already_exists` where a folder is in the way.
 */
export async function placeModel(placing: Placing): Promise<void> {
  const { folder, staging, version, lock, config } = placing;
  const prepared = path.join(staging, 'files');
  if (config !== undefined) {
    const whole = path.join(staging, 'model');
    await fs.mkdir(whole);
    await fs.rename(prepared, path.join(whole, String(version)));
    await fs.writeFile(path.join(whole, LOCK_FILE), formatLock(lock));
    await fs.writeFile(path.join(whole, 'model.yaml'), config);
    if (!(await renamed(whole, folder))) {
      throw new MillraceError('already_exists', `${folder} is there already, and was not pulled`);
    }
    return;
  }
  // The lock comes first: whoever is interrupted in between pulls the same thing again.
  const written = path.join(staging, LOCK_FILE);
  await fs.writeFile(written, formatLock(lock));
  await fs.rename(written, path.join(folder, LOCK_FILE));
  const target = path.join(folder, String(version));
  if ((await renamed(prepared, target)) || (await isPlaced(folder, lock))) return;
  await fs.rename(target, path.join(staging, 'damaged'));
  await fs.rename(prepared, target);
}

/** false where there is something in the way. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await fs.rename(from, to);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOTDIR'].includes(code)) return false;
    throw error;
  }
}
