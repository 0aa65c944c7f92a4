import type { Environment } from './environment.js';
import type { Layer, Tree } from './layer.js';
import { resolveReferences } from './references.js';
import { type Settings, SettingsSchema } from './schema.js';

type Keys = Settings['auth']['keys'];

/** The files that `auth.keys` refers to. */
export interface KeyFiles {
  /** What is in them, to tell whether they have changed; cheap, and never throws. '' where there are none. */
  look(): string;
  /** Reads them again. Throws `invalid_argument`. */
  reread(): Keys;
  /** The settings file says something else now, which may name other files. */
  adopt(tree: Tree): void;
}

interface KeyFilesSetup {
  readonly layers: readonly Layer[];
  readonly env: Environment;
  /** Makes keys of layers, of which nothing else is read. Throws `invalid_argument`. */
  readonly read: (layers: readonly Layer[]) => Keys;
}

const setups = new WeakMap<Settings['auth'], KeyFilesSetup>();

/** For {@link keyFilesOf}. */
export function noteKeyFiles(auth: Settings['auth'], setup: KeyFilesSetup): void {
  setups.set(auth, setup);
}

/** Of settings that were read; they start with those that these name. */
export function keyFilesOf(auth: Settings['auth']): KeyFiles {
  const { layers, env, read } = setups.get(auth) ?? { layers: [], env: {}, read: () => auth.keys };
  let keyLayers = layers.map((layer) => ({ ...layer, tree: keysAlone(layer.tree) }));
  return {
    look() {
      const referring = keyLayers.filter(({ tree }) => JSON.stringify(tree).includes('${file:'));
      if (referring.length === 0) return '';
      return JSON.stringify(referring.map((layer) => resolveReferences(SettingsSchema, layer, env)));
    },
    reread: () => read(keyLayers),
    adopt(tree) {
      keyLayers = keyLayers.map((layer) =>
        // Where in the file something stands now is not known here.
        layer.file === undefined ? layer : { ...layer, tree: keysAlone(tree), locate: () => layer.file ?? '' },
      );
    },
  };
}

function keysAlone({ auth }: Tree): Tree {
  const { keys } = (auth ?? {}) as { readonly keys?: unknown };
  return keys === undefined ? {} : { auth: { keys } };
}
