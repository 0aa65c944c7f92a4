import { placeOfRoute, readRoutes, type Settings, writtenRollouts } from './config/index.js';
import type { CreateServiceOptions } from './service/index.js';

type SettingsOfService = Pick<
  CreateServiceOptions,
  'media' | 'quotas' | 'metering' | 'logLevels' | 'slos' | 'payloadLog' | 'fileRoutes' | 'fileRollouts'
>;

/** The settings that the service takes as they are, and the routes and rollouts that they declare. */
export function settingsOfService(settings: Settings): SettingsOfService {
  const { routes, rollouts, media, quotas, metering, slos, payloadLog } = settings;
  return {
    media,
    quotas,
    metering,
    slos,
    payloadLog,
    logLevels: settings.telemetry,
    fileRoutes: { configs: routes, placeOf: (name) => placeOfRoute(routes, name), read: readRoutes },
    fileRollouts: writtenRollouts(rollouts),
  };
}
