import { requiresCredential } from './requires-credential.js';
import type { Settings } from './schema.js';

type Deciding = Pick<Settings, 'auth' | 'server' | 'repository'>;

/**
 * What is wrong with a server that `uid` runs: it is root, and every user of its machine controls the models. undefined = nothing, or
 * the system has no users by number.
 */
export function describeLocalControl(settings: Deciding, uid: number | undefined): string | undefined {
  if (uid !== 0 || settings.repository.controlMode !== 'explicit' || requiresCredential(settings)) return undefined;
  return 'the server runs as root, and without keys every user of this machine loads and unloads its models in explicit mode: run it as another user, or set auth.required';
}
