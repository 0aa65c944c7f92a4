import { readFile } from 'node:fs/promises';
import os from 'node:os';

/** A package registry, as the user's own configuration names it or by default. */
export interface Registry {
  /** Ends with a slash. */
  readonly url: string;
  /** The header that it is asked with; undefined = none. Never shown, never kept. */
  readonly authorization: string | undefined;
}

/** A registry at `address`; a user name and password in it become the header. Throws a sentence. */
export function registryAt(address: string, authorization?: string): Registry {
  if (!URL.canParse(address)) throw new Error(`'${address}' is no URL of a registry`);
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Error(`the registry's URL begins with '${url.protocol}'; expected https://`);
  }
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const basic =
    username === '' ? undefined : basicAuthorization(decodeURIComponent(username), decodeURIComponent(password));
  return { url: url.href.endsWith('/') ? url.href : `${url.href}/`, authorization: authorization ?? basic };
}

export function basicAuthorization(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** What the configuration of npm and pip is read from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** `process.platform`. */
  readonly platform: string;
  /** Where this Node is installed, and npm's global configuration below it: `process.execPath`. */
  readonly execPath: string;
  /** The text of a file; undefined where there is none. */
  readonly readFile: (file: string) => Promise<string | undefined>;
}

/** This machine and its user, as npm and pip see them. */
export function systemSurroundings(env: Surroundings['env'], cwd: string): Surroundings {
  return {
    env,
    cwd,
    home: env.HOME ?? os.homedir(),
    platform: process.platform,
    execPath: process.execPath,
    readFile: (file) => readFile(file, 'utf8').catch(() => undefined),
  };
}
