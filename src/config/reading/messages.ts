import type { LiveSettings } from '../../service/index.js';
import type { Tree } from '../layer.js';
import type { Settings } from '../schema.js';

/** Settings that were read in a thread. */
export interface ReadSettings {
  readonly settings: Settings;
  /** Those that change while the server runs, with the places where they are written. */
  readonly live: LiveSettings;
  /** The file as it is written. */
  readonly tree: Tree;
}

/** What the thread says. */
export type Reading = { readonly read: ReadSettings } | { readonly problem: string };
