import { MillraceError } from '../../core/index.js';
import { RevisionConflict, StoreInUse } from '../errors.js';
import type { Fault } from './messages.js';

/** As it crosses threads. What comes from the database or the system becomes `unavailable`, with what to do about `path`. */
export function toFault(error: unknown, path: string): Fault {
  if (error instanceof MillraceError) {
    const conflict = error instanceof RevisionConflict ? error.conflict : undefined;
    const isInUse = error instanceof StoreInUse;
    return { code: error.code, message: error.message, detail: undefined, conflict, isInUse };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return {
    code: 'unavailable',
    message: describe(codeOf(error), path, detail),
    detail,
    conflict: undefined,
    isInUse: false,
  };
}

/** The error that {@link toFault} was made of. */
export function fromFault({ code, message, detail, conflict, isInUse }: Fault): MillraceError {
  if (conflict !== undefined) return new RevisionConflict(conflict);
  if (isInUse) return new StoreInUse(message);
  return new MillraceError(code, message, detail === undefined ? {} : { cause: new Error(detail) });
}

/** `SQLITE_…` of the database, `E…` of the system; libsql gives the number only where it cannot open a file. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code;
  return /Unable to open connection .*: 14\b/.test(error.message) ? 'SQLITE_CANTOPEN' : '';
}

function describe(code: string, path: string, detail: string): string {
  const store = `the store '${path}'`;
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return `${store} is damaged; stop the server, and put a backup in its place, or move it away to begin with an empty one`;
  }
  if (/^(SQLITE_FULL|SQLITE_IOERR_WRITE|SQLITE_IOERR_SHMSIZE|ENOSPC|EDQUOT)/.test(code)) {
    return `${store} is full: nothing was written; make room on its disk, or raise 'store.maxSizeBytes'`;
  }
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return `${store} is locked by another process; try again when that has ended`;
  if (/^(SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EISDIR|EEXIST)/.test(code)) {
    return `${store} cannot be opened and written by this user; make its folder writable, or set 'store.path' to another file`;
  }
  if (/^(MODULE_NOT_FOUND|ERR_MODULE_NOT_FOUND|ERR_DLOPEN_FAILED)$/.test(code)) {
    const platform = `${process.platform}-${process.arch}`;
    return `the store needs the package '@libsql/…' for ${platform}, which is not installed or has no binary for it; all that needs no store works without`;
  }
  return `${store} has failed: ${detail}`;
}
