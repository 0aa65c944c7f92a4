import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requiresCredential, type Settings } from '../../config/index.js';
import type { FolderFacts } from '../facts.js';

type Wanted = Pick<FolderFacts, 'purpose' | 'setting' | 'consequence' | 'path' | 'mayGrowBytes'>;

/** Folders in which a server of these settings writes, whether it may and what room there is. */
export async function gatherFolders(settings: Settings): Promise<readonly FolderFacts[]> {
  return Promise.all((await wantedFolders(settings)).map(look));
}

async function wantedFolders({ store, engine, sources, audit, auth, server }: Settings): Promise<readonly Wanted[]> {
  const file = path.resolve(store.path);
  const sizeBytes = (await stat(file).catch(() => undefined))?.size ?? 0;
  return [
    {
      purpose: 'the store',
      setting: ['store', 'path'],
      path: path.dirname(file),
      consequence: 'inference goes on, and changes while the server runs are refused',
      mayGrowBytes: Math.max(0, store.maxSizeBytes - sizeBytes),
    },
    {
      purpose: 'the cache of optimised graphs',
      setting: ['engine', 'cacheFolder'],
      path: engine.cacheFolder || tmpdir(),
      consequence: 'models take longer to load',
      mayGrowBytes: undefined,
    },
    ...(sources.allow.length > 0 && sources.cacheFolder !== ''
      ? [
          {
            purpose: 'the cache of downloads',
            setting: ['sources', 'cacheFolder'],
            path: sources.cacheFolder,
            consequence: 'models cannot be pulled',
            mayGrowBytes: undefined,
          },
        ]
      : []),
    ...((audit.enabled === 'auto' ? requiresCredential({ auth, server }) : audit.enabled)
      ? [
          {
            purpose: 'the audit trail',
            setting: ['audit', 'folder'],
            path: audit.folder,
            consequence: 'changes are refused',
            mayGrowBytes: undefined,
          },
        ]
      : []),
  ];
}

async function look(wanted: Wanted): Promise<FolderFacts> {
  const folder = await nearest(wanted.path);
  const isWritable = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  const room = await statfs(folder).catch(() => undefined);
  const freeBytes = room === undefined ? undefined : room.bavail * room.bsize;
  return { ...wanted, path: folder, isWritable, freeBytes };
}

/** The folder, or the nearest one above it that is there, in which it would be made. */
async function nearest(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  const above = path.dirname(folder);
  return found !== undefined || above === folder ? folder : nearest(above);
}
