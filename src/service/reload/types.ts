import type { LiveAccess } from '../../account/index.js';
import type { Call, LogLevel } from '../../core/index.js';
import type { WrittenRollouts, WrittenRoutes } from '../../traffic/index.js';
import type { ReloadResult } from './reload-result.js';

/** The settings that change while the server runs, as files say them. */
export interface LiveSettings extends LiveAccess {
  readonly routes: WrittenRoutes;
  readonly rollouts: WrittenRollouts;
  readonly logLevels: LogLevels;
}

/** The least severe level that is logged, and by room where it differs. */
export interface LogLevels {
  readonly logLevel: LogLevel | 'silent';
  readonly logLevels: Readonly<Record<string, LogLevel>>;
}

/** Reading the files of the settings again. */
export interface ReloadUseCases {
  /**
   * Reads all of them now; calls that arrive during a reload share the next one. Needs the right `server.manage`. Rejects with
   * {@link ReloadFailed} where a file cannot be used, and `unavailable` while the server shuts down.
   */
  reload(call: Call): Promise<ReloadResult>;
}
