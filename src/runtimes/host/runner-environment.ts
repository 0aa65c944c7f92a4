/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What programs need to find files and libraries, to show text, and to run on Windows; and what sets up native computing. */
const USUAL: ReadonlySet<string> = new Set([
  ...[
    'PATH',
    'HOME',
    'TMPDIR',
    'LANG',
    'LANGUAGE',
    'LOCPATH',
    'LOCALE_ARCHIVE',
    'TZ',
    'LD_LIBRARY_PATH',
    'DYLD_LIBRARY_PATH',
    'CUDA_VISIBLE_DEVICES',
  ],
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'TEMP', 'TMP', 'USERPROFILE', 'PATHEXT', 'COMSPEC'],
]);
const USUAL_PREFIX = /^(?:LC|OMP|ORT)_/;

/**
 * The environment of a runner: of the server's own what every program needs and what its models name. The server's has its
 * keys in it, and a script can read all that its process has.
 */
export function runnerEnvironment(server: Environment, names: readonly string[]): Environment {
  const isUsual = (name: string) => USUAL.has(name) || USUAL_PREFIX.test(name);
  // Windows does not tell `Path` from `PATH`.
  const named = new Set(names.map((name) => name.toUpperCase()));
  return Object.fromEntries(
    Object.entries(server).filter(([name]) => isUsual(name.toUpperCase()) || named.has(name.toUpperCase())),
  );
}

/** Tells the shared runner of one name and one set of variables from all others. */
export function sharedRunnerLabel(runner: string, names: readonly string[] = []): string {
  return [runner, ...[...new Set(names)].sort()].join('+');
}
