import type { LiveAccess } from '../../account/index.js';
import type { CallContext, LogLevel } from '../../core/index.js';
import type { LiveTraffic } from '../../traffic/index.js';
import type { ReloadResult } from './reload-result.js';

/** The settings that change while the server runs, as files say them. */
export interface LiveSettings extends LiveAccess, LiveTraffic {
  readonly logLevels: LogLevels;
}

/** The least severe level that is logged, and by room where it differs. */
export interface LogLevels {
  readonly logLevel: LogLevel | 'silent';
  readonly logLevels: Readonly<Record<string, LogLevel>>;
}

/** Which levels are logged. */
export interface LogSettings {
  readonly info: boolean;
  readonly warning: boolean;
  readonly error: boolean;
  /** 1: debug, 2: trace as well. */
  readonly verboseLevel: number;
}

/** The log settings while the server runs; implemented by telemetry, handed to the service by the assembly. */
export interface LogControl {
  get(): LogSettings;
  /** Settings as they are after the change. */
  update(change: Partial<LogSettings>): LogSettings;
  /** Levels of the settings; missing ones stay. */
  setLevels(levels: Partial<LogLevels>): void;
}

/** Reading the files of the settings again. */
export interface ReloadUseCases {
  /**
   * Reads all of them now; calls that arrive during a reload share the next one. Needs the right `server.manage`. Rejects with
   * {@link ReloadFailed} where a file cannot be used, and `unavailable` while the server shuts down.
   */
  reload(call: CallContext): Promise<ReloadResult>;
}
