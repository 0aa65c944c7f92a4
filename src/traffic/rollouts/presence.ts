import type { ModelRef } from '../../core/index.js';
import type { VersionLookup } from '../../models/index.js';
import type { Presence } from '../../rollouts/index.js';

interface PresenceSetup extends Pick<VersionLookup, 'engine' | 'starting'> {
  /** Models are loaded on request only: after a restart, too. */
  readonly loadedOnRequest: boolean;
}

/** Whether a version answers requests; `coming` while it may still be loaded automatically, or its model was not loaded since the start. */
export function presenceOf(
  { engine, starting, loadedOnRequest }: PresenceSetup,
  { name, version }: Pick<ModelRef, 'name' | 'version'>,
): Presence {
  if (engine.serving(name).some(({ ref }) => ref.version === version)) return { kind: 'serving' };
  if (starting()) return { kind: 'coming' };
  const statuses = engine.statusesOf(name);
  const state = statuses.find((status) => status.version === version)?.state;
  switch (state?.kind) {
    case undefined:
      return loadedOnRequest && statuses.length === 0 ? { kind: 'coming' } : { kind: 'gone', why: 'it is not loaded' };
    case 'loading':
    case 'warming':
    // It has just begun or stopped to serve.
    case 'ready':
    case 'recovering':
      return { kind: 'coming' };
    case 'draining':
      return { kind: 'gone', why: 'it is being unloaded' };
    case 'unloaded':
      return {
        kind: 'gone',
        why: state.reason === 'unloaded' ? 'it was unloaded' : `it was unloaded: ${state.reason}`,
      };
    case 'failed':
      return { kind: 'gone', why: `it failed: ${state.reason}` };
    default:
      return state satisfies never;
  }
}
