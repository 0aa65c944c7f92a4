import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { invalidArgument, MillraceError } from '../core/index.js';

/** Longest name of a file on Linux. */
const MAX_NAME_BYTES = 255;

/** The name inside the namespace that a POSIX key stands for; one leading slash may be missing. Throws `invalid_argument`. */
export function objectName(key: string): string {
  const name = key.startsWith('/') ? key.slice(1) : key;
  const fits = name !== '' && Buffer.byteLength(name) <= MAX_NAME_BYTES;
  if (fits && name !== '.' && name !== '..' && !/[/\0]/.test(name)) return name;
  throw invalidArgument(
    `shared memory key ${quote(key)}: expected a name of 1 to ${MAX_NAME_BYTES} bytes without '/' and NUL, after one leading '/'`,
  );
}

/** Opens the object of a key for reading and writing; links are not followed, and what is no plain file is refused. */
export function openObject(folder: string, key: string): number {
  const path = join(folder, objectName(key));
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new MillraceError('unimplemented', `shared memory needs ${folder}, which this platform does not have`);
  }
  let descriptor: number;
  try {
    // O_NONBLOCK: a pipe that lies there must not hold up the server.
    descriptor = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw openFailure(key, error);
  }
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw notAnObject(key);
}

/** Bytes that the object has now; its owner may change that at any time. */
export function objectSizeBytes(descriptor: number): number {
  return fstatSync(descriptor).size;
}

/** Same for two descriptors of one object, whatever its name, while either is open. */
export function objectIdOf(descriptor: number): string {
  const { dev, ino } = fstatSync(descriptor);
  return `${dev}:${ino}`;
}

/** How errors write text of clients. */
export function quote(text: string): string {
  return `'${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text).slice(1, -1)}'`;
}

function openFailure(key: string, cause: unknown): MillraceError {
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return invalidArgument(`there is no shared memory object ${quote(key)}`);
    case 'EACCES':
    case 'EPERM':
      return new MillraceError(
        'permission_denied',
        `the server's user may not read and write shared memory object ${quote(key)}`,
        { cause },
      );
    case 'EMFILE':
    case 'ENFILE':
      return new MillraceError(
        'resource_exhausted',
        `shared memory object ${quote(key)} cannot be opened: the server has too many open files`,
        { cause },
      );
    case 'ELOOP':
    case 'EISDIR':
    case 'ENXIO':
      return notAnObject(key);
    default:
      return new MillraceError('internal', `shared memory object ${quote(key)} could not be opened`, { cause });
  }
}

function notAnObject(key: string): MillraceError {
  return invalidArgument(`${quote(key)} is no shared memory object but a link, folder or device`);
}
