import { decodeText, isTree, type Layer, type Tree, valueAt } from './layer.js';
import { SettingsSchema } from './schema.js';
import { type SettingKey, settingKeys } from './shape.js';

/** A command-line flag that sets one key. */
export interface SettingFlag extends SettingKey {
  /** `--http-port`. */
  readonly flag: string;
  /** What the flag's number is multiplied with: `--exit-timeout-secs` counts seconds, its key milliseconds. */
  readonly scale: number;
  /** May be given several times. */
  readonly repeatable: boolean;
}

/** All flags that the option schemas name (`x-flag`), in their order. */
export function settingFlags(): readonly SettingFlag[] {
  return settingKeys(SettingsSchema)
    .filter(({ schema }) => typeof schema['x-flag'] === 'string')
    .map((key) => ({
      ...key,
      flag: key.schema['x-flag'],
      scale: key.schema['x-flag-scale'] ?? 1,
      repeatable: key.schema.type === 'array',
    }));
}

/** Flags as a layer of settings: text becomes what its key requires. */
export function createFlagLayer(flags: Tree, folder: string): Layer {
  const names = new Map(settingFlags().map(({ path, flag }) => [path.join('.'), flag]));
  const decode = (tree: Tree, path: readonly string[]): Tree =>
    Object.fromEntries(
      Object.entries(tree).map(([name, value]) => {
        const here = [...path, name];
        if (typeof value === 'string') {
          const key = KEYS.get(here.join('.'));
          return [name, key === undefined ? value : decodeText(key, value)];
        }
        return [name, isTree(value) ? decode(value, here) : value];
      }),
    );
  const tree = decode(flags, []);
  return {
    tree,
    folder,
    locate: (path) => {
      for (let length = path.length; length > 0; length--) {
        const name = names.get(path.slice(0, length).join('.'));
        if (name !== undefined && valueAt(tree, path.slice(0, length)) !== undefined) return name;
      }
      return '';
    },
  };
}

const KEYS = new Map(settingKeys(SettingsSchema).map((key) => [key.path.join('.'), key]));
