import { KindGuard, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

/** Stands for a key that no schema has. */
const UNKNOWN = Type.Unknown();

/**
 * The first key set in a configuration whose schema does not let a load request set it (`BY_LOAD`); undefined = none. The value has
 * been checked against the schema. A map or a list of maps sets what its keys set.
 */
export function keyForOwnFiles(
  schema: TSchema,
  value: unknown,
  path: readonly string[] = [],
): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const parts = partsOf(schema, value);
  if (parts === undefined) return schema['x-load-request'] === true ? undefined : path;
  for (const { key, schema: of, value: set } of parts) {
    const found = keyForOwnFiles(of, set, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Part {
  readonly key: string;
  readonly schema: TSchema;
  readonly value: unknown;
}

/** What a value consists of, where its schema gives it keys; undefined = it is set as a whole. */
function partsOf(schema: TSchema, value: unknown): readonly Part[] | undefined {
  if (typeof value !== 'object' || value === null || !hasKeys(schema)) return undefined;
  const entries = Object.entries(value);
  const all = (of: TSchema) => entries.map(([key, set]) => ({ key, schema: of, value: set }));
  if (KindGuard.IsObject(schema)) {
    const { properties } = schema;
    const propertyOf = (key: string) => (Object.hasOwn(properties, key) ? properties[key] : undefined) ?? UNKNOWN;
    return entries.map(([key, set]) => ({ key, schema: propertyOf(key), value: set }));
  }
  if (KindGuard.IsArray(schema)) return all(schema.items);
  if (KindGuard.IsRecord(schema)) return all(Object.values(schema.patternProperties)[0] ?? UNKNOWN);
  const member = KindGuard.IsUnion(schema) ? schema.anyOf.find((one) => Value.Check(one, value)) : undefined;
  return member && partsOf(member, value);
}

function hasKeys(schema: TSchema): boolean {
  if (KindGuard.IsObject(schema)) return true;
  if (KindGuard.IsArray(schema)) return hasKeys(schema.items);
  if (KindGuard.IsRecord(schema)) return Object.values(schema.patternProperties).some(hasKeys);
  return KindGuard.IsUnion(schema) && schema.anyOf.some(hasKeys);
}
