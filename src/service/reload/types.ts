import type { Call, LogLevel } from '../../core/index.js';
import type { Access, AuthOptions } from '../../governance/index.js';
import type { RoutesOptions } from '../../routing/index.js';
import type { RolloutsOptions } from '../rollouts/options.js';
import type { ReloadResult } from './reload-result.js';

/** The settings that change while the server runs, as files say them. */
export interface LiveSettings {
  readonly keys: AuthOptions['keys'];
  readonly access: Access;
  readonly routes: WrittenRoutes;
  readonly rollouts: WrittenRollouts;
  readonly logLevels: LogLevels;
}

/** Routes of the settings, and by name where each is written: `millrace.yaml:4:3`. */
export interface WrittenRoutes {
  readonly configs: RoutesOptions;
  readonly places: Readonly<Record<string, string>>;
}

/** Rollouts of the settings, and by model where each is written. */
export interface WrittenRollouts {
  readonly configs: RolloutsOptions;
  readonly places: Readonly<Record<string, string>>;
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
