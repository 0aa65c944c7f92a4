import { isDeepStrictEqual } from 'node:util';
import { formatPath } from '../../text/index.js';
import { requiresCredential } from '../access.js';
import { valueAt } from '../layer.js';
import { type Settings, SettingsSchema } from '../schema.js';
import { settingKeys } from '../shape.js';

/** Settings that change while the server runs. */
const LIVE: ReadonlySet<string> = new Set([
  'auth.keys',
  'auth.roles',
  'auth.bindings',
  'routes',
  'rollouts',
  'telemetry.logLevel',
  'telemetry.logLevels',
]);

/** Paths of the settings whose new values take effect at the next start. */
export function deferredSettings(before: Settings, after: Settings): readonly string[] {
  return settingKeys(SettingsSchema).flatMap(({ path }) => {
    const name = formatPath(path);
    if (isDeepStrictEqual(valueAt(before, path), valueAt(after, path))) return [];
    // Whether callers need a credential at all is decided at the start.
    if (name === 'auth.keys') return requiresCredential(before) === requiresCredential(after) ? [] : [name];
    return LIVE.has(name) ? [] : [name];
  });
}
