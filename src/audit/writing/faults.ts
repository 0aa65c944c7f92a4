import { MillraceError, messageOf } from '../../core/index.js';
import type { WriterFault } from './messages.js';

/** As it crosses threads: `unavailable`, with what to do about `folder`, unless it has a code of its own. */
export function toFault(error: unknown, folder: string): WriterFault {
  if (error instanceof MillraceError) return { code: error.code, message: error.message, detail: undefined };
  const detail = messageOf(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { code: 'unavailable', message: describe(code, folder, detail), detail };
}

/** The error that {@link toFault} was made of. */
export function fromFault({ code, message, detail }: WriterFault): MillraceError {
  return new MillraceError(code, message, detail === undefined ? {} : { cause: new Error(detail) });
}

function describe(code: string, folder: string, detail: string): string {
  const trail = `the audit trail '${folder}'`;
  if (/^(ENOSPC|EDQUOT|EFBIG)$/.test(code)) {
    return `${trail} is full; make room on its disk, or keep less of it with 'audit.keepDays' or 'audit.maxSizeBytes'`;
  }
  if (/^(EACCES|EPERM|EROFS)$/.test(code)) {
    return `${trail} cannot be written by this user; make the folder writable, or set 'audit.folder' to another one`;
  }
  if (code === 'ENOENT') {
    return `${trail} is missing and cannot be made; make the folder, or set 'audit.folder' to another one`;
  }
  if (/^(ENOTDIR|EISDIR|EEXIST)$/.test(code)) {
    return `${trail} cannot be made, since a file is in its place or in that of a folder above it; move the file away, or set 'audit.folder' to another folder`;
  }
  return `${trail} has failed: ${detail}`;
}
