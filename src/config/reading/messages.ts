import type { Access } from '../../governance/index.js';
import type { Tree } from '../layer.js';
import type { Settings } from '../schema.js';

/** Settings that were read in a thread. */
export interface ReadSettings {
  readonly access: Access;
  readonly keys: Settings['auth']['keys'];
  /** The file as it is written. */
  readonly tree: Tree;
  /** All of the settings but what {@link access} has. */
  readonly rest: Settings;
}

/** What the thread says. */
export type Reading = { readonly read: ReadSettings } | { readonly problem: string };
