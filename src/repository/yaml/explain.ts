import { KindGuard, type TSchema } from '@sinclair/typebox';
import { Value, type ValueError, ValueErrorType } from '@sinclair/typebox/value';
import { didYouMean, formatPath, parsePointer } from '../../text/index.js';

/** What is wrong with a value, and the keys that lead to it. */
export interface Mismatch {
  readonly path: readonly string[];
  readonly message: string;
}

/** Every way in which `value` breaks `schema`, at most one per place, in sentences that name expected and got. */
export function explainMismatches(schema: TSchema, value: unknown): readonly Mismatch[] {
  const byPlace = new Map<string, Mismatch>();
  for (const error of Value.Errors(schema, value)) {
    if (!byPlace.has(error.path)) byPlace.set(error.path, explain(error));
  }
  return [...byPlace.values()];
}

function explain(error: ValueError): Mismatch {
  const path = parsePointer(error.path);
  const where = formatPath(path);
  switch (error.type) {
    case ValueErrorType.ObjectAdditionalProperties: {
      const moved = movedTo(error.schema, path.at(-1) ?? '');
      if (moved !== undefined) return { path, message: `'${where}' is a setting of the server now: ${moved}` };
      const known = KindGuard.IsObject(error.schema) ? Object.keys(error.schema.properties) : [];
      return { path, message: `unknown key '${where}'${didYouMean(path.at(-1) ?? '', known, "'")}` };
    }
    case ValueErrorType.ObjectRequiredProperty:
      return { path, message: `'${where}' is missing; expected ${expected(error.schema)}` };
    default: {
      const prefix = where === '' ? '' : `${where}: `;
      const literals = KindGuard.IsUnion(error.schema) ? error.schema.anyOf.map((member) => String(member.const)) : [];
      const hint = typeof error.value === 'string' ? didYouMean(error.value, literals, "'") : '';
      return { path, message: `${prefix}expected ${expected(error.schema)}, got ${got(error.value)}${hint}` };
    }
  }
}

/** The setting of the server that a key of models has become. */
function movedTo({ 'x-moved': moved = {} }: TSchema, key: string): string | undefined {
  return Object.hasOwn(moved, key) ? moved[key] : undefined;
}

function expected(schema: TSchema): string {
  if (KindGuard.IsUnion(schema)) return `one of ${schema.anyOf.map(expected).join(', ')}`;
  if (KindGuard.IsLiteral(schema)) return String(schema.const);
  if (KindGuard.IsArray(schema)) return `a list, each item ${expected(schema.items)}`;
  if (KindGuard.IsObject(schema)) return `a map with ${Object.keys(schema.properties).slice(0, 3).join(', ')}`;
  if (KindGuard.IsRecord(schema)) return 'a map';
  if (KindGuard.IsBoolean(schema)) return 'true or false';
  if (KindGuard.IsFunction(schema)) return 'a function';
  if (KindGuard.IsString(schema)) {
    const { 'x-expected': described, minLength } = schema;
    return described ?? (minLength === undefined ? 'a text' : 'a text that is not empty');
  }
  return `${schema.type === 'integer' ? 'an integer' : 'a number'}${range(schema)}`;
}

function range({ minimum, maximum, exclusiveMinimum }: TSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`;
}

function got(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 60)}…` : value}'`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' && value !== null ? 'a map' : String(value);
}
