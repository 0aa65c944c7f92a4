import type { TSchema } from '@sinclair/typebox';
import { Value, type ValueError, ValueErrorType } from '@sinclair/typebox/value';
import { didYouMean, formatPath, parsePointer } from '../text/index.js';
import { type Layer, type Problem, type Tree, valueAt } from './layer.js';
import { SettingsSchema } from './schema.js';
import { describeType, holdsSecret, isObjectSchema, settingKeys } from './shape.js';

/** Settings that there were, and what took their place. */
const REMOVED: ReadonlyMap<string, string> = new Map([
  [
    'telemetry.auditFile',
    'telemetry.auditFile has been removed: the audit trail is in files of its own, in the folder audit.folder (docs/audit.md)',
  ],
]);

/** What is wrong with `tree`, the resolved form of the layer; messages quote the layer as it was written. */
export function checkTree(schema: TSchema, tree: Tree, layer: Layer): readonly Problem[] {
  return [...Value.Errors(schema, tree)].map((error) => {
    const path = parsePointer(error.path);
    return { path, message: describe(error, path, valueAt(layer.tree, path)) };
  });
}

function describe(error: ValueError, path: readonly string[], written: unknown): string {
  const name = formatPath(path);
  switch (error.type) {
    case ValueErrorType.ObjectAdditionalProperties:
      return REMOVED.get(name) ?? `unknown key ${name}${suggestKey(error.schema, path)}`;
    case ValueErrorType.ObjectRequiredProperty:
      return `${name} is missing, expected ${describeType(error.schema)}`;
    case ValueErrorType.ArrayMinItems:
      return `${name}: expected at least ${error.schema.minItems} in the list, got ${lengthOf(error.value)}`;
    case ValueErrorType.ArrayMaxItems:
      return `${name}: expected at most ${error.schema.maxItems} in the list, got ${lengthOf(error.value)}`;
    default:
      return `${name}: expected ${describeType(error.schema)}, got ${quote(error.schema, written)}`;
  }
}

function lengthOf(value: unknown): string {
  return Array.isArray(value) && value.length > 0 ? String(value.length) : 'none';
}

/** A sibling with a similar name, else the same name elsewhere in its section; what stands in no section may be of any. */
function suggestKey(schema: TSchema, path: readonly string[]): string {
  const name = path.at(-1) ?? '';
  const siblings = isObjectSchema(schema) ? Object.keys(schema.properties) : [];
  const elsewhere = settingKeys(SettingsSchema).find(
    (key) => key.path.at(-1) === name && (path.length === 1 || key.path[0] === path[0]),
  );
  return didYouMean(name, siblings) || (elsewhere === undefined ? '' : `; did you mean ${formatPath(elsewhere.path)}?`);
}

function quote(schema: TSchema, value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  // A list of secrets that is not even a list may still be one.
  if (holdsSecret(schema)) return typeof value === 'string' ? `${value.length} characters` : `a ${typeof value}`;
  return typeof value === 'string' ? `'${value.slice(0, 80)}'` : String(value);
}
