import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { emptyFolder, inCache } from './paths.js';

/** The folder with the files of Debian packages, which are unpacked and not installed: no root, no service starts. */
export function unpackDebian(packages: readonly string[]): string {
  const name = `debian-${packages.join('-')}`;
  const folder = inCache(name);
  if (existsSync(folder)) return folder;
  const fresh = emptyFolder(`${name}.new`);
  const options = { cwd: fresh, stdio: 'pipe' } as const;
  execFileSync('apt-get', ['update', '-qq'], options);
  execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', ...packages], options);
  execFileSync(
    'sh',
    ['-c', 'for package in *.deb; do dpkg-deb --extract "$package" . && rm "$package"; done'],
    options,
  );
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return folder;
}
