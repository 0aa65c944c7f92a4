import { accessOf, createSettings, type PartialSettings } from '../../src/config/index.js';
import type { Check } from '../../src/doctor/diagnosis.js';
import type { Facts } from '../../src/doctor/facts.js';
import { formatPath } from '../../src/text/index.js';

export const NOW_MS = Date.UTC(2026, 10, 27);
export const DAY_MS = 86_400_000;
export const GIBIBYTE = 1_073_741_824;
/** Random enough for every check. */
export const GOOD_KEY = '5b1f9c0a7e63d2485b1f9c0a7e63d248';

/** Facts of a server with which all is well, but for what is given. */
export function factsWith({
  settings = {},
  ...given
}: Partial<Omit<Facts, 'settings'>> & { readonly settings?: PartialSettings } = {}): Facts {
  const complete = createSettings(settings);
  return {
    settings: complete,
    access: accessOf(complete.auth),
    served: undefined,
    nowMs: NOW_MS,
    machine: {
      nodeVersion: '24.11.0',
      oldestNode: '20.19',
      memoryBytes: 64 * GIBIBYTE,
      openFiles: undefined,
      uid: 1000,
    },
    container: undefined,
    runners: 1,
    memoryLimits: [],
    packages: [],
    writtenSecrets: [],
    files: [],
    folders: [],
    certificates: [],
    repositories: [],
    store: { problem: '', keys: [], routes: [] },
    clockStepMs: undefined,
    ...given,
  };
}

/** What a check finds, as `level id where: what → fix`. */
export function found(check: Check, given: Parameters<typeof factsWith>[0]): readonly string[] {
  return check(factsWith(given)).map(({ id, level, what, where, fix }) => {
    const at = typeof where === 'string' ? where : formatPath(where);
    return `${level} ${id} ${at}: ${what} → ${fix.line}`;
  });
}
