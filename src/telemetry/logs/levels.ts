import { LOG_LEVELS, type LogLevel, ROOMS, type Room } from '../../core/index.js';
import type { LogSettings } from '../../service/index.js';
import type { TelemetryOptions } from '../options.js';

export type EnabledLevels = Readonly<Record<Room, ReadonlySet<LogLevel>>>;

/** The options in the words of Triton's log settings. */
export function logSettingsOf({ logLevel }: Pick<TelemetryOptions, 'logLevel'>): LogSettings {
  const enabled = logLevel === 'silent' ? new Set<LogLevel>() : levelsFrom(logLevel);
  return {
    log_file: '',
    log_info: enabled.has('info'),
    log_warning: enabled.has('warn'),
    log_error: enabled.has('error'),
    log_verbose_level: enabled.has('trace') ? 2 : enabled.has('debug') ? 1 : 0,
    log_format: 'default',
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
      return settings.log_verbose_level >= 2;
    case 'debug':
      return settings.log_verbose_level >= 1;
    case 'info':
      return settings.log_info;
    case 'warn':
      return settings.log_warning;
    case 'error':
      return settings.log_error;
    default:
      return level satisfies never;
  }
}

function levelsFrom(least: LogLevel): ReadonlySet<LogLevel> {
  return new Set(LOG_LEVELS.slice(LOG_LEVELS.indexOf(least)));
}
