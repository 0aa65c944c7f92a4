import path from 'node:path';
import { parse } from 'ini';
import { basicAuthorization, type Registry, registryAt, type Surroundings } from './registry.js';

const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';

/**
 * The registry that npm would ask for a package: by the environment (`npm_config_registry`), then `.npmrc` in the working
 * directory, the user's, and the global one; `@scope:registry` before `registry`. Tokens are taken from the same places.
 */
export async function npmRegistry(packageName: string, surroundings: Surroundings): Promise<Registry> {
  const settings = await readSettings(surroundings);
  const [scope] = packageName.startsWith('@') ? packageName.split('/') : [];
  const scoped = scope === undefined ? undefined : settings.get(`${scope}:registry`);
  const { url, authorization } = registryAt(scoped ?? settings.get('registry') ?? PUBLIC_REGISTRY);
  return { url, authorization: authorization ?? credentialsFor(url, settings) };
}

/** `//host/path/:_authToken` of the longest path that the registry lies below. */
function credentialsFor(url: string, settings: ReadonlyMap<string, string>): string | undefined {
  let place = url.replace(/^https?:/, '');
  while (place.length > 2) {
    const token = settings.get(`${place}:_authToken`);
    if (token !== undefined) return `Bearer ${token}`;
    const basic = settings.get(`${place}:_auth`);
    if (basic !== undefined) return `Basic ${basic}`;
    const user = settings.get(`${place}:username`);
    const password = settings.get(`${place}:_password`);
    // npm keeps passwords in base64.
    if (user !== undefined && password !== undefined) {
      return basicAuthorization(user, Buffer.from(password, 'base64').toString());
    }
    place = place.replace(/[^/]*\/$/, '');
  }
  return undefined;
}

async function readSettings(surroundings: Surroundings): Promise<ReadonlyMap<string, string>> {
  const { env, cwd, home, execPath, readFile, platform } = surroundings;
  const prefix = platform === 'win32' ? path.dirname(execPath) : path.dirname(path.dirname(execPath));
  const inEnvironment = environmentSettings(env);
  const files = [
    inEnvironment.get('globalconfig') ?? path.join(prefix, 'etc', 'npmrc'),
    inEnvironment.get('userconfig') ?? path.join(home, '.npmrc'),
    path.join(cwd, '.npmrc'),
  ];
  const settings = new Map<string, string>();
  for (const file of files) {
    for (const [key, value] of Object.entries(parse((await readFile(file)) ?? ''))) {
      if (typeof value === 'string') settings.set(substitute(key, env), substitute(value, env));
    }
  }
  for (const [key, value] of inEnvironment) settings.set(key, value);
  return settings;
}

function environmentSettings(env: Surroundings['env']): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(env).flatMap(([name, value]) => {
      const [, key] = /^npm_config_(.+)$/i.exec(name) ?? [];
      if (key === undefined || value === undefined || value === '') return [];
      // npm takes keys of registries as they are, and others in any case.
      return [[key.startsWith('//') || key.startsWith('@') ? key : key.toLowerCase(), value]];
    }),
  );
}

/** `${NAME}` stands for a variable of the environment; what is not set stays as it is. */
function substitute(text: string, env: Surroundings['env']): string {
  return text.replace(/\$\{([^}?]+)(\??)\}/g, (whole, name: string, optional: string) => {
    return env[name] ?? (optional === '' ? whole : '');
  });
}
