import { isDeepStrictEqual } from 'node:util';
import type { PrepareChange } from '../../governance/index.js';
import type { LiveSettings, LogControl, LogLevels } from './types.js';

/** Levels of the log: a level that was set through the API stays until the file has another one than before. */
export function logLevelsChange(
  logControl: Pick<LogControl, 'setLevels'>,
  atStart: LogLevels,
): PrepareChange<Pick<LiveSettings, 'logLevels'>> {
  let inForce = atStart;
  return ({ logLevels: next }) => {
    if (next === undefined) return undefined;
    const changed = (['logLevel', 'logLevels'] as const).filter(
      (name) => !isDeepStrictEqual(next[name], inForce[name]),
    );
    if (changed.length === 0) return undefined;
    const pick = (levels: LogLevels) => Object.fromEntries(changed.map((name) => [name, levels[name]]));
    return {
      settings: changed.map((name) => `telemetry.${name}`),
      audit: {
        action: 'log.update',
        resource: '',
        right: 'setting.change',
        before: pick(inForce),
        after: pick(next),
      },
      apply: () => {
        inForce = next;
        logControl.setLevels(pick(next));
      },
    };
  };
}
