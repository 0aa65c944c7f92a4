import { describe, expect, it } from 'vitest';
import { DAY_MS, factsWith, found, NOW_MS } from '../../../test/support/doctor-facts.js';
import type { FileFacts, FolderFacts, PackageFacts } from '../facts.js';
import { checkClock, checkSkew } from './clock.js';
import { checkDisk } from './disk.js';
import { checkFiles } from './files.js';
import { checkVersions } from './versions.js';

const FILE: FileFacts = {
  kind: 'secret',
  setting: ['auth', 'keys', '0', 'key'],
  path: '/k',
  mode: 0o640,
  modifiedAtMs: NOW_MS,
};
const MIB = 1_048_576;

describe('the clock', () => {
  it('is fine', () => {
    expect(found(checkClock, { files: [{ ...FILE, modifiedAtMs: NOW_MS + 299_000 }], clockStepMs: -4_000 })).toEqual(
      [],
    );
    expect(checkSkew(-30_000, 25_100)).toEqual([]);
  });

  it('is before the release, behind what is written, or has been set', () => {
    const fix = 'timedatectl set-ntp true';
    expect(found(checkClock, { nowMs: 0, files: [FILE] })).toEqual([
      `error clock-wrong the clock: the clock says 1970-01-01T00:00:00.000Z, which is before millrace was made → ${fix}`,
    ]);
    expect(found(checkClock, { files: [FILE, { ...FILE, path: '/new', modifiedAtMs: NOW_MS + DAY_MS }] })).toEqual([
      `warning clock-wrong the clock: the clock says 2026-11-27T00:00:00.000Z, and /new is from 2026-11-28T00:00:00.000Z: it has been set back, or was ahead then → ${fix}`,
    ]);
    expect(found(checkClock, { clockStepMs: -7_200_000 })).toEqual([
      `warning clock-set the clock: the clock has been set 7200 s back since the server began → ${fix}`,
    ]);
    expect(found(checkClock, { clockStepMs: 5_000 })).toEqual([
      `note clock-set the clock: the clock has been set 5 s forwards since the server began, or the machine was suspended → ${fix}`,
    ]);
  });

  it('differs from the one of a server', () => {
    expect(checkSkew(-70_000, 1_000)).toMatchObject([
      { id: 'clock-skew', level: 'warning', what: "the server's clock is 69 s or more behind the one of this machine" },
    ]);
    expect(checkSkew(8_000, 500)).toMatchObject([
      { level: 'note', what: "the server's clock is 8 s or more ahead of the one of this machine" },
    ]);
  });
});

const FOLDER: FolderFacts = {
  purpose: 'the store',
  setting: ['store', 'path'],
  path: '/var/lib/my millrace',
  isWritable: true,
  consequence: 'changes are refused',
  freeBytes: 2_048 * MIB,
  mayGrowBytes: 1_024 * MIB,
};

describe('folders', () => {
  it('with room are fine, also with little where no more can be needed', () => {
    const small = { ...FOLDER, freeBytes: 20 * MIB, mayGrowBytes: 10 * MIB };
    expect(found(checkDisk, { folders: [FOLDER, small, { ...FOLDER, freeBytes: undefined }] })).toEqual([]);
  });

  it('that are full or may not be written, and a store that cannot be read, are told', () => {
    const du = "du -xh --max-depth=2 '/var/lib/my millrace' | sort -h | tail";
    const folders = [
      { ...FOLDER, freeBytes: 500.5 * MIB },
      { ...FOLDER, freeBytes: 99 * MIB },
      { ...FOLDER, isWritable: false },
    ];
    expect(found(checkDisk, { folders, store: { problem: 'the store is damaged', routes: [], keys: [] } })).toEqual([
      `warning disk-low store.path: 500 MiB are free at /var/lib/my millrace, where the store is → ${du}`,
      `error disk-full store.path: 99 MiB are free at /var/lib/my millrace, where the store is → ${du}`,
      "error folder-not-writable store.path: /var/lib/my millrace cannot be written by this user, and the store is there: changes are refused → chmod u+rwx '/var/lib/my millrace'",
      'error store-unusable store.path: the store is damaged → millrace store info',
    ]);
  });
});

describe('versions', () => {
  const { machine } = factsWith();
  const PACKAGE: PackageFacts = {
    name: 'sharp',
    wanted: '1.2.3',
    found: '1.2.3',
    purpose: 'photos are refused',
    isOptional: true,
  };

  it('that were tested are fine', () => {
    expect(found(checkVersions, { packages: [PACKAGE] })).toEqual([]);
    expect(
      found(checkVersions, { machine: { ...machine, nodeVersion: '20.19.0' }, nowMs: Date.UTC(2026, 3, 1) }),
    ).toEqual([]);
    expect(found(checkVersions, { machine: { ...machine, nodeVersion: '30.0.0' } })).toEqual([]);
  });

  it.each([
    [
      '20.18.9',
      'error node-too-old Node.js 20.18.9: Node.js 20.18.9 is too old: millrace needs 20.19 or newer → nvm install --lts',
    ],
    [
      '20.20.2',
      'note node-unsupported Node.js 20.20.2: Node.js 20 gets no corrections since 2026-04-30, those of security holes included → nvm install --lts',
    ],
  ])('of Node.js: %s', (nodeVersion, expected) => {
    expect(found(checkVersions, { machine: { ...machine, nodeVersion } })).toEqual([expected]);
  });

  it('of packages', () => {
    const missing = { ...PACKAGE, found: undefined };
    const packages = [missing, { ...missing, isOptional: false }, { ...PACKAGE, found: '1.2.4' }];
    expect(found(checkVersions, { packages })).toEqual([
      'note package-missing sharp: sharp is not installed: photos are refused → npm install --no-save sharp@1.2.3',
      'error package-missing sharp: sharp is not installed: photos are refused → npm install --no-save sharp@1.2.3',
      'warning package-version sharp: sharp 1.2.4 is installed; this millrace was tested with 1.2.3 → npm install --no-save sharp@1.2.3',
    ]);
  });
});

describe('files', () => {
  it('that are for their owner and group are fine, and certificates for all to read', () => {
    const files: readonly FileFacts[] = [
      FILE,
      { ...FILE, kind: 'certificate', mode: 0o644 },
      { ...FILE, mode: undefined },
    ];
    expect(found(checkFiles, { files })).toEqual([]);
  });

  it.each<[Partial<FileFacts>, string]>([
    [
      { mode: 0o644 },
      'error readable-by-all auth.keys[0].key: every user of this machine may read a secret: /k is readable by all → chmod go-rwx /k',
    ],
    [
      { mode: 0o666 },
      'error writable-by-all auth.keys[0].key: every user of this machine may replace a secret: /k is writable by all → chmod go-rwx /k',
    ],
    [
      { kind: 'settings', setting: [], mode: 0o666 },
      'error writable-by-all /k: every user of this machine may change the settings: /k is writable by all → chmod o-w /k',
    ],
    [
      { kind: 'code', setting: ['runners', 'entry'], mode: 0o777 },
      'error writable-by-all runners.entry: every user of this machine may have the server run code of theirs: /k is writable by all → chmod o-w /k',
    ],
    [
      { kind: 'store', setting: ['store', 'path'], mode: 0o604 },
      'error readable-by-all store.path: every user of this machine may read what is stored: /k is readable by all → chmod go-rwx /k',
    ],
  ])('%j are told', (file, expected) =>
    expect(found(checkFiles, { files: [{ ...FILE, ...file }] })).toEqual([expected]),
  );

  it('of a repository are told together', () => {
    const model = (path: string) => ({
      ...FILE,
      kind: 'models' as const,
      setting: ['repository', 'paths', '1'],
      path,
      mode: 0o777,
    });
    const files = ['/b', '/b/1', '/b/2', '/b/3', '/b/4', '/b/5'].map(model);
    expect(found(checkFiles, { files, settings: { repository: { paths: ['/a', '/b'] } } })).toEqual([
      'error writable-by-all repository.paths[1]: every user of this machine may change what is served: writable by all: /b, /b/1, /b/2, /b/3, /b/4 and 1 more → chmod -R o-w /b',
    ]);
  });
});
