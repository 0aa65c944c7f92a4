import path from 'node:path';
import { parse } from 'ini';
import { type Registry, registryAt, type Surroundings } from './registry.js';

const PUBLIC_INDEX = 'https://pypi.org/simple/';

/**
 * The index that pip would ask: by the environment (`PIP_INDEX_URL`), then its configuration files, of which the virtual
 * environment's counts before the user's and that before the machine's.
 */
export async function pypiIndex(surroundings: Surroundings): Promise<Registry> {
  const { env, readFile } = surroundings;
  if (env.PIP_INDEX_URL !== undefined && env.PIP_INDEX_URL !== '') return registryAt(env.PIP_INDEX_URL);
  for (const file of configFiles(surroundings)) {
    const text = await readFile(file);
    const index = text === undefined ? undefined : indexOf(text);
    if (index !== undefined) return registryAt(index);
  }
  return registryAt(PUBLIC_INDEX);
}

/** In order of precedence. */
function configFiles({ env, home, platform }: Surroundings): readonly string[] {
  const named = env.PIP_CONFIG_FILE === undefined ? [] : [env.PIP_CONFIG_FILE];
  const venv = env.VIRTUAL_ENV;
  const configHome = env.XDG_CONFIG_HOME ?? path.join(home, '.config');
  const file = platform === 'win32' ? 'pip.ini' : 'pip.conf';
  const users =
    platform === 'win32'
      ? [path.join(env.APPDATA ?? home, 'pip', file)]
      : [
          ...(platform === 'darwin' ? [path.join(home, 'Library', 'Application Support', 'pip', file)] : []),
          path.join(configHome, 'pip', file),
          path.join(home, '.pip', file),
        ];
  const machines =
    platform === 'win32'
      ? [path.join(env.ProgramData ?? 'C:\\ProgramData', 'pip', file)]
      : [
          ...(env.XDG_CONFIG_DIRS ?? '/etc/xdg').split(':').map((folder) => path.join(folder, 'pip', file)),
          '/etc/pip.conf',
        ];
  return [...named, ...(venv === undefined ? [] : [path.join(venv, file)]), ...users, ...machines];
}

function indexOf(text: string): string | undefined {
  const sections: Readonly<Record<string, unknown>> = parse(text);
  for (const name of ['install', 'global']) {
    const section = sections[name];
    if (typeof section !== 'object' || section === null) continue;
    const keys = section as Readonly<Record<string, unknown>>;
    const value = keys['index-url'] ?? keys.index_url;
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}
