import { KindGuard, type TSchema, Type } from '@sinclair/typebox';
import { formatPath } from '../../src/text/index.js';

/** A key of a model's configuration that holds a value rather than further keys. */
export interface ConfigKey {
  /** `inputs[0].image.width`. */
  readonly path: string;
  /** Whether a load request may set it; undefined = its schema does not say. */
  readonly byLoad: unknown;
  /** The smallest configuration that sets it. */
  readonly config: Readonly<Record<string, unknown>>;
}

interface Found {
  readonly path: readonly string[];
  readonly schema: TSchema;
  readonly value: unknown;
}

/** Every key that a schema has, lists, maps and unions included. `samples`: values of keys for which the smallest one would not do. */
export function configKeys(schema: TSchema, samples: Readonly<Record<string, unknown>> = {}): readonly ConfigKey[] {
  return keysOf(schema, [], samples).map(({ path, schema: { 'x-load-request': byLoad }, value }) => ({
    path: formatPath(path),
    byLoad,
    // The root is a map.
    config: value as ConfigKey['config'],
  }));
}

function keysOf(
  schema: TSchema,
  path: readonly string[],
  samples: Readonly<Record<string, unknown>>,
): readonly Found[] {
  const below = (key: string, of: TSchema, wrap: (value: unknown) => unknown) =>
    keysOf(of, [...path, key], samples).map((found) => ({ ...found, value: wrap(found.value) }));
  if (KindGuard.IsObject(schema)) {
    const required = sampleOf(schema);
    return Object.entries(schema.properties).flatMap(([key, of]) =>
      below(key, of, (value) => ({ ...(required as object), [key]: value })),
    );
  }
  if (KindGuard.IsArray(schema) && hasKeys(schema.items)) return below('0', schema.items, (value) => [value]);
  if (KindGuard.IsRecord(schema)) {
    const [[pattern, of] = ['', schema]] = Object.entries(schema.patternProperties as Record<string, TSchema>);
    const key = keyFor(pattern);
    if (hasKeys(of)) return below(key, of, (value) => ({ [key]: value }));
  }
  const members = KindGuard.IsUnion(schema) ? schema.anyOf : [];
  const inside = members.filter(hasKeys).flatMap((member) => keysOf(member, path, samples));
  if (members.length > 0 && members.every(hasKeys)) return inside;
  return [{ path, schema, value: samples[formatPath(path)] ?? sampleOf(schema) }, ...inside];
}

function hasKeys(schema: TSchema): boolean {
  if (KindGuard.IsArray(schema)) return hasKeys(schema.items);
  if (KindGuard.IsRecord(schema)) return Object.values(schema.patternProperties).some(hasKeys);
  return KindGuard.IsObject(schema) || (KindGuard.IsUnion(schema) && schema.anyOf.some(hasKeys));
}

/** A key of a map whose keys are free. */
function keyFor(pattern: string): string {
  const key = ['1', 'a'].find((candidate) => new RegExp(pattern).test(candidate));
  if (key === undefined) throw new Error(`no sample for keys like ${pattern}`);
  return key;
}

/** The smallest value that a schema takes. */
function sampleOf(schema: TSchema): unknown {
  if (KindGuard.IsUnion(schema))
    return sampleOf(schema.anyOf.find((member) => !hasKeys(member)) ?? schema.anyOf[0] ?? Type.Never());
  if (KindGuard.IsLiteral(schema)) return schema.const;
  if (KindGuard.IsObject(schema)) {
    const required: readonly string[] = schema.required ?? [];
    return Object.fromEntries(required.map((key) => [key, sampleOf(schema.properties[key] ?? Type.Never())]));
  }
  if (KindGuard.IsTuple(schema)) return (schema.items ?? []).map(sampleOf);
  if (KindGuard.IsArray(schema)) return [sampleOf(schema.items)];
  if (KindGuard.IsRecord(schema)) {
    return Object.fromEntries(Object.entries(schema.patternProperties).map(([key, of]) => [keyFor(key), sampleOf(of)]));
  }
  if (KindGuard.IsBoolean(schema)) return true;
  if (KindGuard.IsString(schema)) return 'a';
  if (KindGuard.IsInteger(schema) || KindGuard.IsNumber(schema)) {
    const { minimum = 0, exclusiveMinimum = 0, maximum = Number.POSITIVE_INFINITY } = schema;
    return Math.min(Math.max(minimum, exclusiveMinimum, 0) + 1, maximum);
  }
  throw new Error(`no sample for a schema of kind ${schema.type}`);
}
