import { execFileSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { emptyFolder, inCache } from './paths.js';

/**
 * A folder for LOCPATH that holds the locale en_US.UTF-8, which ONNX Runtime's StringNormalizer asks for and minimal
 * systems lack. Made from Debian's package of sources, which is unpacked and not installed.
 */
export function installLocale(): string {
  const folder = inCache('locale');
  if (existsSync(path.join(folder, NAME))) return folder;
  const made = emptyFolder('locale-new');
  const options = { cwd: made, stdio: 'pipe' } as const;
  execFileSync('apt-get', ['update', '-qq'], options);
  execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', 'locales'], options);
  execFileSync('sh', ['-c', 'dpkg-deb --extract locales_*.deb sources'], options);
  const env = { ...process.env, I18NPATH: path.join(made, 'sources/usr/share/i18n') };
  execFileSync('localedef', ['--inputfile=en_US', '--charmap=UTF-8', `./${NAME}`], { ...options, env });
  renameSync(made, folder);
  return folder;
}

const NAME = 'en_US.UTF-8';
