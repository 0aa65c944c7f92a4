import { execFileSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { holdLock } from './lock.js';
import { emptyFolder, inCache } from './paths.js';

/** Installs Debian packages, as root. */
export function installDebian(...packages: readonly string[]): void {
  using _lock = holdLock('apt');
  execFileSync('apt-get', ['install', '-y', '-qq', ...packages], { stdio: 'pipe' });
}

/** The folder with the files of Debian packages, which are unpacked and not installed: no root, no service starts. */
export function unpackDebian(packages: readonly string[]): string {
  const name = `debian-${packages.join('-')}`;
  const folder = inCache(name);
  using _lock = holdLock('apt');
  if (!existsSync(folder)) unpack(folder, packages);
  return folder;
}

function unpack(folder: string, packages: readonly string[]): void {
  const fresh = emptyFolder(`${path.basename(folder)}.new`);
  const options = { cwd: fresh, stdio: 'pipe' } as const;
  execFileSync('apt-get', ['update', '-qq'], options);
  execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', ...packages], options);
  execFileSync(
    'sh',
    ['-c', 'for package in *.deb; do dpkg-deb --extract "$package" . && rm "$package"; done'],
    options,
  );
  renameSync(fresh, folder);
}
