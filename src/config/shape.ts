import { KindGuard, type TArray, type TObject, type TRecord, type TSchema } from '@sinclair/typebox';

/** A key of the settings that holds a value rather than further keys. */
export interface SettingKey {
  readonly path: readonly string[];
  readonly schema: TSchema;
}

export const isObjectSchema = (schema: TSchema): schema is TObject => KindGuard.IsObject(schema);
export const isArraySchema = (schema: TSchema): schema is TArray => KindGuard.IsArray(schema);
export const isRecordSchema = (schema: TSchema): schema is TRecord => KindGuard.IsRecord(schema);

/** What the values of a map with free keys look like. */
export function recordValues(schema: TRecord): TSchema {
  const values = Object.values(schema.patternProperties)[0];
  if (values === undefined) throw new Error('a record schema without a pattern');
  return values;
}

/** Every key below an object schema that holds a value, a list or a map with free keys, in the order of declaration. */
export function settingKeys(schema: TSchema, path: readonly string[] = []): readonly SettingKey[] {
  if (!isObjectSchema(schema)) return [{ path, schema }];
  return Object.entries(schema.properties).flatMap(([name, property]) => settingKeys(property, [...path, name]));
}

/** The schema of the value at `path`; undefined where no such key exists. */
export function schemaAt(root: TSchema, path: readonly string[]): TSchema | undefined {
  let schema: TSchema | undefined = root;
  for (const name of path) {
    if (schema === undefined) return undefined;
    if (isObjectSchema(schema)) schema = schema.properties[name];
    else if (isArraySchema(schema)) schema = schema.items;
    else if (isRecordSchema(schema)) schema = recordValues(schema);
    else return undefined;
  }
  return schema;
}

/** Whether a value of this schema is, or has somewhere inside, a secret (`x-secret`). */
export function holdsSecret(schema: TSchema): boolean {
  if (schema['x-secret'] === true) return true;
  if (isArraySchema(schema)) return holdsSecret(schema.items);
  return isObjectSchema(schema) && Object.values(schema.properties).some(holdsSecret);
}

/**
 * `schema` for a single source of settings: what has a default may be missing. Inside lists, whose items are written as
 * a whole, what has none stays required.
 */
export function partialSchema(schema: TSchema): TSchema {
  if (isArraySchema(schema)) return { ...schema, items: partialSchema(schema.items) };
  if (isRecordSchema(schema)) {
    const patterns = Object.entries(schema.patternProperties as Record<string, TSchema>);
    const patternProperties = patterns.map(([pattern, value]) => [pattern, partialSchema(value)] as const);
    return { ...schema, patternProperties: Object.fromEntries(patternProperties) };
  }
  if (!isObjectSchema(schema)) return schema;
  const properties = Object.fromEntries(
    Object.entries(schema.properties).map(([name, property]) => [name, partialSchema(property)]),
  );
  const required = (schema.required ?? []).filter((name) => !mayBeMissing(properties[name]));
  return { ...schema, properties, required };
}

function mayBeMissing(schema: TSchema | undefined): boolean {
  if (schema === undefined || schema.default !== undefined) return true;
  return isObjectSchema(schema) && (schema.required ?? []).length === 0;
}

/** `integer (0 to 65535)`, `list of string`: what a value must be, for messages and the reference. */
export function describeType(schema: TSchema): string {
  if (KindGuard.IsUnion(schema)) return schema.anyOf.map(describeType).join(' | ');
  if (KindGuard.IsLiteral(schema)) return String(schema.const);
  if (isArraySchema(schema)) return `list of ${describeType(schema.items)}`;
  if (isRecordSchema(schema)) return `map to ${describeType(recordValues(schema))}`;
  if (isObjectSchema(schema)) return 'map';
  if (KindGuard.IsBoolean(schema)) return 'true | false';
  if (KindGuard.IsString(schema)) return describeString(schema.minLength ?? 0);
  return `${schema.type}${describeRange(schema)}`;
}

function describeString(minLength: number): string {
  if (minLength === 0) return 'string';
  return minLength === 1 ? 'non-empty string' : `string (at least ${minLength} characters)`;
}

function describeRange(schema: TSchema): string {
  const { minimum, maximum, exclusiveMinimum } = schema;
  if (minimum !== undefined && maximum !== undefined) return ` (${minimum} to ${maximum})`;
  if (minimum !== undefined) return ` (at least ${minimum})`;
  if (exclusiveMinimum === undefined) return '';
  return maximum === undefined
    ? ` (more than ${exclusiveMinimum})`
    : ` (more than ${exclusiveMinimum}, at most ${maximum})`;
}
