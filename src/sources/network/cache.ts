import { promises as fs } from 'node:fs';
import path from 'node:path';
import { invalidArgument } from '../../core/index.js';
import { type Digest, digestOf, isSameDigest } from '../digest.js';
import { abandonedBase, mayBeInUse, ownedName } from './owned-name.js';

/**
 * A folder of downloads: whole ones under the name of their digest, begun ones as `<key>.part`. Whoever continues one makes it
 * their own by renaming it first, so that two pulls of the same thing never write to the same file.
 */
export class DownloadCache {
  readonly #folder: string;
  readonly #maxBytes: number;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** The file with this digest, which is verified; undefined where there is none. */
  async find(digest: Digest): Promise<string | undefined> {
    const file = this.#pathOf(digest);
    const found = await digestOf(file, digest.algorithm).catch(() => undefined);
    if (found === undefined) return undefined;
    if (!isSameDigest(found, digest)) {
      await fs.rm(file, { force: true });
      return undefined;
    }
    const now = new Date();
    await fs.utimes(file, now, now).catch(() => undefined);
    return file;
  }

  /** A file of our own for the download `key`, with what an earlier one has left; empty where there is nothing. */
  async claim(key: string): Promise<string> {
    await this.#makeFolder();
    const mine = path.join(this.#folder, ownedName(key));
    const names = await fs.readdir(this.#folder);
    for (const name of [`${key}.part`, ...names.filter((each) => abandonedBase(each) === key)]) {
      const claimed = await fs.rename(path.join(this.#folder, name), mine).then(
        () => true,
        () => false,
      );
      if (claimed) return mine;
    }
    await fs.writeFile(mine, '', { flag: 'wx' });
    return mine;
  }

  /** Keeps what has come so far for whoever continues. */
  async leave(mine: string, key: string): Promise<void> {
    const { size } = await fs.stat(mine);
    if (size === 0) await fs.rm(mine);
    else await fs.rename(mine, path.join(this.#folder, `${key}.part`));
  }

  /** The whole and verified file is there for others from now on; resolves with its path. */
  async keep(mine: string, digest: Digest): Promise<string> {
    const file = this.#pathOf(digest);
    await fs.rename(mine, file);
    return file;
  }

  /** Removes what was used longest ago until the rest fits, `used` left out; and what dead processes have left. */
  async prune(used: readonly string[]): Promise<void> {
    const names = await fs.readdir(this.#folder);
    const files = await Promise.all(names.map((name) => this.#look(name)));
    const old = files
      .filter((file) => file !== undefined)
      .filter((file) => !used.includes(file.path))
      .sort((one, other) => other.mtimeMs - one.mtimeMs);
    let left = this.#maxBytes;
    for (const file of used) left -= (await fs.stat(file).catch(() => undefined))?.size ?? 0;
    for (const file of old) {
      left -= file.sizeBytes;
      if (left < 0) await fs.rm(file.path, { force: true });
    }
  }

  async #look(name: string) {
    const file = path.join(this.#folder, name);
    const stats = await fs.stat(file).catch(() => undefined);
    if (stats === undefined || !stats.isFile() || mayBeInUse(name, Date.now() - stats.mtimeMs)) return undefined;
    return { path: file, sizeBytes: stats.size, mtimeMs: stats.mtimeMs };
  }

  #pathOf({ algorithm, hex }: Digest): string {
    return path.join(this.#folder, `${algorithm}-${hex}`);
  }

  async #makeFolder(): Promise<void> {
    try {
      await fs.mkdir(this.#folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw invalidArgument(`the cache ${this.#folder} cannot be made (${code}); --cache names another`, { cause });
    }
  }
}

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: string;
}

/** `$MILLRACE_CACHE`, else `millrace` where the system has caches: `~/.cache` (or `$XDG_CACHE_HOME`) on Linux. */
export function cacheFolder({ env, home, platform }: Surroundings): string {
  if (env.MILLRACE_CACHE) return path.resolve(env.MILLRACE_CACHE);
  if (env.XDG_CACHE_HOME) return path.join(env.XDG_CACHE_HOME, 'millrace');
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'millrace');
  if (platform === 'win32')
    return path.join(env.LOCALAPPDATA ?? path.join(home, 'AppData', 'Local'), 'millrace', 'cache');
  return path.join(home, '.cache', 'millrace');
}
