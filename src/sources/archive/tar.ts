import { createReadStream, createWriteStream, promises as fs, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { MillraceError } from '../../core/index.js';
import { EntryGuard, growthProblem, plainPath, type SourceFile } from './entry-guard.js';

/** What entries of a tar archive are, where they are no plain files; undefined = what it is does not matter to anyone. */
const KINDS: Readonly<Record<string, string>> = {
  File: 'file',
  OldFile: 'file',
  ContiguousFile: 'file',
  Directory: 'folder',
  SymbolicLink: 'a symbolic link',
  Link: 'a hard link',
  CharacterDevice: 'a device',
  BlockDevice: 'a device',
  FIFO: 'a named pipe',
};

/** An archive as it lies there, and how messages call it. */
export interface ArchiveFile {
  readonly file: string;
  readonly name: string;
  readonly sizeBytes: number;
}

/** The files in a tar archive, compressed or not; throws `failed_precondition` where it is none or is refused. */
export async function listTar(archive: ArchiveFile): Promise<readonly SourceFile[]> {
  const guard = new EntryGuard(archive.name, archive.sizeBytes);
  await readEntries(archive, (entry) => {
    guard.add({ path: entry.path, kind: KINDS[entry.type] ?? `of the kind ${entry.type}`, sizeBytes: entry.size });
    entry.resume();
  });
  return guard.files;
}

/** Writes files of an archive that {@link listTar} has passed to where `targets` says, by their path in it. */
export async function extractTar(archive: ArchiveFile, targets: ReadonlyMap<string, string>): Promise<void> {
  const sinks: WriteStream[] = [];
  const written: Promise<void>[] = [];
  const write = (entry: ReadEntry, stop: (error: Error) => void) => {
    const target = targets.get(plainPath(entry.path));
    if (target === undefined || KINDS[entry.type] !== 'file') return entry.resume();
    const sink = createWriteStream(target, { flags: 'wx' });
    sinks.push(sink);
    const ending = finished(sink);
    // A file that takes nothing more would hold up the entries behind it.
    ending.catch(stop);
    written.push(ending);
    entry.pipe(sink);
  };
  try {
    await readEntries(archive, write);
    await Promise.all(written);
  } catch (error) {
    for (const sink of sinks) sink.destroy();
    throw error;
  }
}

/** `onEntry` throws, or calls `stop` later, to end it with an error. */
async function readEntries(
  archive: ArchiveFile,
  onEntry: (entry: ReadEntry, stop: (error: Error) => void) => void,
): Promise<void> {
  const { file, name, sizeBytes } = archive;
  // What is compressed is inflated here, where it is counted; the parser is not to inflate anything further.
  const parser = new Parser({ strict: true, zstd: false, maxDecompressionRatio: 0 });
  const isCompressed = await isGzip(file);
  await new Promise<void>((resolve, reject) => {
    const source = createReadStream(file);
    const plain = isCompressed ? source.pipe(createGunzip()) : source;
    const stop = (error: Error) => {
      source.destroy();
      plain.destroy();
      reject(error);
    };
    const take = (entry: ReadEntry) => {
      try {
        onEntry(entry, stop);
      } catch (error) {
        stop(error as Error);
      }
    };
    let totalBytes = 0;
    plain.on('data', (chunk: Buffer) => {
      totalBytes += chunk.length;
      const problem = isCompressed ? growthProblem(totalBytes, sizeBytes) : undefined;
      if (problem !== undefined) stop(new MillraceError('failed_precondition', `${name} ${problem}`));
    });
    source.on('error', stop);
    if (isCompressed) plain.on('error', (error: Error) => stop(unreadable(name, error)));
    parser.on('error', (error: Error) => stop(unreadable(name, error)));
    parser.on('entry', take);
    // Metadata of the archive, and kinds that nobody knows.
    parser.on('ignoredEntry', take);
    // The parser would keep all that comes behind the end. It is still read for the checksum of what is compressed.
    parser.on('eof', () => {
      plain.unpipe(parser as unknown as NodeJS.WritableStream);
      plain.on('end', resolve);
      plain.resume();
    });
    parser.on('end', resolve);
    plain.pipe(parser as unknown as NodeJS.WritableStream);
  });
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await fs.open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await handle.close();
  }
}

function unreadable(name: string, { message }: Error): MillraceError {
  return new MillraceError('failed_precondition', `${name} is not a tar archive that can be read: ${message}`);
}
