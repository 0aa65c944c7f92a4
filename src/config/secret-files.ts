import type { TSchema } from '@sinclair/typebox';
import { isTree, type Layer } from './layer.js';
import { isLiteral, referencedFiles } from './references.js';
import { SettingsSchema } from './schema.js';
import { schemaAt } from './shape.js';

/** A file that holds a secret of the settings. */
export interface SecretFile {
  /** The key whose value it holds. */
  readonly setting: readonly string[];
  readonly file: string;
  /** `written`: in the settings file itself; `referenced`: in a file of its own, by `${file:…}`. */
  readonly kind: 'written' | 'referenced';
}

/** The files that hold what is marked `x-secret` in this layer. */
export function findSecretFiles(layer: Layer): readonly SecretFile[] {
  return visit(layer.tree, []);

  function visit(value: unknown, path: readonly string[]): readonly SecretFile[] {
    if (typeof value === 'string') return isSecret(path) ? filesOf(value, path) : [];
    if (Array.isArray(value)) return value.flatMap((item, index) => visit(item, [...path, String(index)]));
    if (!isTree(value)) return [];
    return Object.entries(value).flatMap(([key, item]) => visit(item, [...path, key]));
  }

  function filesOf(text: string, setting: readonly string[]): readonly SecretFile[] {
    if (!isLiteral(text)) {
      return referencedFiles(text, layer.folder).map((file) => ({ setting, file, kind: 'referenced' }));
    }
    return layer.file === undefined || text === '' ? [] : [{ setting, file: layer.file, kind: 'written' }];
  }
}

function isSecret(path: readonly string[]): boolean {
  const schema: TSchema | undefined = schemaAt(SettingsSchema, path);
  return schema?.['x-secret'] === true;
}
