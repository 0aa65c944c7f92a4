import type { Presence } from '../../rollouts/index.js';
import type { VersionLookup } from '../find-version.js';

/** Whether a version answers requests; `coming` as long as it may do so by itself. */
export function presenceOf({ engine, starting }: VersionLookup, model: string, version: number): Presence {
  if (engine.serving(model).some(({ ref }) => ref.version === version)) return { kind: 'serving' };
  if (starting()) return { kind: 'coming' };
  const state = engine.statusesOf(model).find((status) => status.version === version)?.state;
  switch (state?.kind) {
    case undefined:
      return { kind: 'gone', why: 'it is not loaded' };
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
