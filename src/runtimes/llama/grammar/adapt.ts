import { shapeOf } from './keywords.js';
import { isSchema, type Json, type Schema } from './schema.js';

/** Drafts before 2019-09, in which `items` may be a list. */
const OLD_DRAFT = /\/draft-0[3-7]\//;

export interface Adapting {
  /** As the grammar reads it. */
  readonly oneOfAsAnyOf: boolean;
  /** The validator knows lists of `items`. */
  readonly isOld: boolean;
}

export function isOfOldDraft(schema: Json): boolean {
  if (!isSchema(schema)) return false;
  const { $schema: draft } = schema;
  return typeof draft === 'string' && OLD_DRAFT.test(draft);
}

/**
 * A schema as the validator takes it: references go by places in the schema, so its names are for others; `$async` is the validator's own, and
 * would answer later; `items` that are a list are of older drafts.
 */
export function adaptSchema(schema: Json, adapting: Adapting): Json {
  if (Array.isArray(schema)) return schema.map((each) => adaptSchema(each, adapting));
  if (!isSchema(schema)) return schema;
  const adapted = Object.entries(schema).flatMap(([keyword, value]): [string, Json][] => {
    if (['$id', 'id', '$anchor'].includes(keyword) && typeof value === 'string') return [];
    if (keyword === '$async' && value === true) return [];
    return [[keyword, adaptValue(keyword, value, adapting)]];
  });
  return withOneOf(withItems(Object.fromEntries(adapted), adapting), adapting);
}

function adaptValue(keyword: string, value: Json, adapting: Adapting): Json {
  const shape = keyword === '$defs' || keyword === 'definitions' ? 'schemas by name' : shapeOf(keyword);
  if (shape === 'schemas by name' || shape === 'schemas by pattern') {
    if (!isSchema(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, adaptSchema(each, adapting)]));
  }
  // References may lead into what is no keyword; values of enumerations are as they are.
  return shape === 'any' || shape === 'annotation' ? value : adaptSchema(value, adapting);
}

function withItems(schema: Schema, { isOld }: Adapting): Schema {
  const { items, additionalItems, ...others } = schema;
  if (isOld || !Array.isArray(items)) return schema;
  const rest = additionalItems === undefined ? {} : { items: additionalItems };
  return items.length === 0 ? { ...others, ...rest } : { ...others, prefixItems: items, ...rest };
}

function withOneOf(schema: Schema, { oneOfAsAnyOf }: Adapting): Schema {
  const { oneOf, ...others } = schema;
  if (!oneOfAsAnyOf || !Array.isArray(oneOf)) return schema;
  const { anyOf, allOf } = others;
  if (anyOf === undefined) return { ...others, anyOf: oneOf };
  return { ...others, allOf: [...(Array.isArray(allOf) ? allOf : []), { anyOf: oneOf }] };
}
