import { LOG_LEVELS, type LogLevel, ROOMS, type Room } from '../../core/index.js';
import type { LogSettings } from '../../service/index.js';
import type { TelemetryOptions } from '../options.js';

export type EnabledLevels = Readonly<Record<Room, ReadonlySet<LogLevel>>>;

/** Which levels the options have logged. */
export function logSettingsOf({ logLevel }: Pick<TelemetryOptions, 'logLevel'>): LogSettings {
  const enabled = logLevel === 'silent' ? new Set<LogLevel>() : levelsFrom(logLevel);
  return {
    info: enabled.has('info'),
    warning: enabled.has('warn'),
    error: enabled.has('error'),
    verboseLevel: enabled.has('trace') ? 2 : enabled.has('debug') ? 1 : 0,
  };
}

/** Which levels each room logs: its own entry in `logLevels` where there is one, else what the settings say. */
export function enabledLevels(settings: LogSettings, levelByRoom: TelemetryOptions['logLevels']): EnabledLevels {
  const common = new Set(LOG_LEVELS.filter((level) => isEnabled(settings, level)));
  const entries = ROOMS.map((room) => {
    const own = levelByRoom[room];
    return [room, own === undefined ? common : levelsFrom(own)] as const;
  });
  // `fromEntries` cannot know that every room is there.
  return Object.fromEntries(entries) as EnabledLevels;
}

function isEnabled(settings: LogSettings, level: LogLevel): boolean {
  switch (level) {
    case 'trace':
      return settings.verboseLevel >= 2;
    case 'debug':
      return settings.verboseLevel >= 1;
    case 'info':
      return settings.info;
    case 'warn':
      return settings.warning;
    case 'error':
      return settings.error;
    default:
      return level satisfies never;
  }
}

function levelsFrom(least: LogLevel): ReadonlySet<LogLevel> {
  return new Set(LOG_LEVELS.slice(LOG_LEVELS.indexOf(least)));
}
