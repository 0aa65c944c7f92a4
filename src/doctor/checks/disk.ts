import { quoteShell } from '../../text/index.js';
import { type Check, command, type Diagnosis } from '../diagnosis.js';
import type { FolderFacts } from '../facts.js';

const LITTLE_BYTES = 1_073_741_824;
const NEARLY_NOTHING_BYTES = 104_857_600;

/** Folders in which the server writes: whether it may, and whether there is room. */
export const checkDisk: Check = ({ folders, store }) => [
  ...folders.flatMap((folder) => (folder.isWritable ? checkRoom(folder) : [notWritable(folder)])),
  ...(store.problem === ''
    ? []
    : [
        {
          id: 'store-unusable',
          level: 'error',
          what: store.problem,
          where: ['store', 'path'],
          fix: command('millrace store info'),
        } as const,
      ]),
];

function notWritable({ purpose, setting: where, path, consequence }: FolderFacts): Diagnosis {
  return {
    id: 'folder-not-writable',
    level: 'error',
    what: `${path} cannot be written by this user, and ${purpose} is there: ${consequence}`,
    where,
    fix: command(`chmod u+rwx ${quoteShell(path)}`),
  };
}

function checkRoom({ purpose, setting: where, path, freeBytes, mayGrowBytes }: FolderFacts): readonly Diagnosis[] {
  if (freeBytes === undefined) return [];
  const neededBytes = mayGrowBytes ?? LITTLE_BYTES;
  if (freeBytes >= Math.min(neededBytes, LITTLE_BYTES)) return [];
  const nearlyFull = freeBytes < NEARLY_NOTHING_BYTES;
  return [
    {
      id: nearlyFull ? 'disk-full' : 'disk-low',
      level: nearlyFull ? 'error' : 'warning',
      what: `${Math.floor(freeBytes / 1_048_576)} MiB are free at ${path}, where ${purpose} is`,
      where,
      fix: command(`du -xh --max-depth=2 ${quoteShell(path)} | sort -h | tail`),
    },
  ];
}
