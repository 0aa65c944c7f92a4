import { expect, it } from 'vitest';
import { toFault } from './faults.js';

it.each([
  ['ENOSPC', "is full; make room on its disk, or keep less of it with 'audit.keepDays' or 'audit.maxSizeBytes'"],
  ['EACCES', "cannot be written by this user; make the folder writable, or set 'audit.folder' to another one"],
  ['ENOENT', "is missing and cannot be made; make the folder, or set 'audit.folder' to another one"],
  [
    'ENOTDIR',
    "cannot be made, since a file is in its place or in that of a folder above it; move the file away, or set 'audit.folder' to another folder",
  ],
  ['EIO', 'has failed: no'],
])('says what to do about %s', (code, message) => {
  const fault = toFault(Object.assign(new Error('no'), { code }), '/audit');
  expect(fault).toMatchObject({ code: 'unavailable', message: `the audit trail '/audit' ${message}` });
});
