import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { MillraceError } from '../../core/index.js';
import { EntryGuard, plainPath, type SourceFile } from './entry-guard.js';
import type { ArchiveFile } from './tar.js';

/** The upper half of a zip entry's attributes is a Unix mode, of which these bits say what it is. */
const MODE_SHIFT = 16;
const FORMAT_BITS = 0o170000;
const KINDS: ReadonlyMap<number, string> = new Map([
  [0, 'file'],
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'a symbolic link'],
  [0o010000, 'a named pipe'],
  [0o020000, 'a device'],
  [0o060000, 'a device'],
]);

/** The files in a zip archive, such as a wheel; throws `failed_precondition` where it is none or is refused. */
export async function listZip(archive: ArchiveFile): Promise<readonly SourceFile[]> {
  const guard = new EntryGuard(archive.name, archive.sizeBytes);
  await readEntries(archive, async (entry) => {
    guard.add({ path: nameOf(entry), kind: kindOf(entry), sizeBytes: entry.uncompressedSize });
  });
  return guard.files;
}

/** Writes files of an archive that {@link listZip} has passed to where `targets` says, by their path in it. */
export async function extractZip(archive: ArchiveFile, targets: ReadonlyMap<string, string>): Promise<void> {
  await readEntries(archive, async (entry, zip) => {
    const target = targets.get(plainPath(nameOf(entry)));
    if (target === undefined || kindOf(entry) !== 'file') return;
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target, { flags: 'wx' }));
  });
}

async function readEntries(
  { file, name }: ArchiveFile,
  onEntry: (entry: Entry, zip: ZipFile) => Promise<void>,
): Promise<void> {
  let zip: ZipFile | undefined;
  try {
    // The library checks names, too, but in words of its own.
    zip = await openPromise(file, { decodeStrings: false, autoClose: false });
    for await (const entry of zip.eachEntry()) await onEntry(entry, zip);
  } catch (error) {
    if (error instanceof MillraceError || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    const { message } = error as Error;
    throw new MillraceError('failed_precondition', `${name} is not a zip archive that can be read: ${message}`);
  } finally {
    zip?.close();
  }
}

function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true);
}

function kindOf(entry: Entry): string {
  if (nameOf(entry).endsWith('/')) return 'folder';
  if (entry.isEncrypted()) return 'encrypted';
  if (!entry.canDecodeFileData())
    return `compressed by the method ${entry.compressionMethod}; expected deflate or none`;
  return KINDS.get((entry.externalFileAttributes >>> MODE_SHIFT) & FORMAT_BITS) ?? 'of an unknown kind';
}
