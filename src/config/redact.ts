import type { TSchema } from '@sinclair/typebox';
import { isTree, type Tree } from './layer.js';
import { type Settings, SettingsSchema } from './schema.js';
import { schemaAt } from './shape.js';

/** The settings as plain data for people to see: what a schema marks as `x-secret` reads `[redacted]`. */
export function redactSettings(settings: Settings): Tree {
  return redact(settings, []) as Tree;
}

function redact(value: unknown, path: readonly string[]): unknown {
  const schema: TSchema | undefined = schemaAt(SettingsSchema, path);
  if (schema?.['x-secret'] === true) return '[redacted]';
  if (Array.isArray(value)) return value.map((item, index) => redact(item, [...path, String(index)]));
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(item, [...path, key])]));
}
