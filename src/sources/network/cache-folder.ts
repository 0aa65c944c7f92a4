import path from 'node:path';

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
