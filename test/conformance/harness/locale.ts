import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { unpackDebian } from './debian.js';

const NAME = 'en_US.UTF-8';

/**
 * A folder for LOCPATH that holds the locale en_US.UTF-8, which ONNX Runtime's StringNormalizer asks for and minimal
 * systems lack.
 */
export function installLocale(): string {
  const folder = unpackDebian(['locales']);
  if (!existsSync(path.join(folder, NAME))) {
    execFileSync('localedef', ['--inputfile=en_US', '--charmap=UTF-8', `./${NAME}`], {
      cwd: folder,
      env: { ...process.env, I18NPATH: path.join(folder, 'usr/share/i18n') },
      stdio: 'pipe',
    });
  }
  return folder;
}
