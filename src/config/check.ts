import type { TSchema } from '@sinclair/typebox';
import { Value, type ValueError, ValueErrorType } from '@sinclair/typebox/value';
import { type Layer, type Problem, type Tree, valueAt } from './layer.js';
import { describeType, formatPath, isObjectSchema } from './shape.js';
import { didYouMean } from './suggest.js';

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
    case ValueErrorType.ObjectAdditionalProperties: {
      const known = isObjectSchema(error.schema) ? Object.keys(error.schema.properties) : [];
      return `unknown key ${name}${didYouMean(path.at(-1) ?? '', known)}`;
    }
    case ValueErrorType.ObjectRequiredProperty:
      return `${name} is missing, expected ${describeType(error.schema)}`;
    default:
      return `${name}: expected ${describeType(error.schema)}, got ${quote(error.schema, written)}`;
  }
}

function quote(schema: TSchema, value: unknown): string {
  if (typeof value === 'string') {
    return schema['x-secret'] === true ? `${value.length} characters` : `'${value.slice(0, 80)}'`;
  }
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'a map' : String(value);
}

function parsePointer(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
