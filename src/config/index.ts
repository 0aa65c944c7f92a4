/** Room `config` (rank 8): file, environment and flags become one frozen, checked value. */
export { accessOf, describeLocalControl, requiresCredential } from './access.js';
export { DIALECTS } from './dialects.js';
export { type Environment, processEnvironment } from './environment.js';
export { type SettingFlag, settingFlags } from './flags.js';
export { settingsJsonSchema } from './json-schema.js';
export {
  createSettings,
  defaultSettings,
  loadSettings,
  originOf,
  placeOfRoute,
  type SettingsOrigin,
  writtenRollouts,
} from './load.js';
export { availableMemoryBytes, describeFileShortage, maxOpenFiles, neededFiles } from './machine.js';
export { readRoutes } from './read-routes.js';
export { redactSettings } from './redact.js';
export { renderConfigurationReference } from './reference.js';
export { type PartialSettings, type Settings, SettingsSchema } from './schema.js';
export type { SecretFile } from './secret-files.js';
export type { SettingKey } from './shape.js';
export type { SettingsSources } from './sources.js';
export { WatchedSettings } from './watching/watched-settings.js';
