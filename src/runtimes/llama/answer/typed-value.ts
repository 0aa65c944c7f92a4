import { isObject } from '../../../core/index.js';
import type { TagSyntax } from './formats/format.js';
import { parsedJson } from './json-text.js';
import { pythonAsJson } from './literal-arguments.js';

type Type = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'object' | 'array';
type Schema = Readonly<Record<string, unknown>>;

/** A JSON schema and its root, which resolves references. */
export interface ReadSchema {
  readonly schema: Schema | undefined;
  readonly root: unknown;
  /** undefined = any. */
  readonly types: ReadonlySet<Type> | undefined;
  /** Nothing but texts. */
  readonly isString: boolean;
}

type SchemaPart = Pick<ReadSchema, 'schema' | 'root'>;

const MAX_DEPTH = 32;
/** Most alternatives of a schema that are looked at. */
const MAX_ALTERNATIVES = 1_000;

export function readSchema(schema: unknown, root: unknown): ReadSchema {
  const types = typesOf(schema, root);
  const isString = types?.size === 1 && types.has('string');
  return { schema: resolve(schema, root), root, types, isString };
}

/** The schema of a member of objects that a schema is for. */
export function propertyOf(root: unknown, name: string): ReadSchema {
  return memberOf({ schema: resolve(root, root), root }, name);
}

/**
 * JSON of a value that was written as text: what the schema says that it is, if the text is that; else a string, if the schema does not rule that out. A
 * text that no type of the schema fits is passed on as JSON if it is JSON, and as a string if not.
 */
export function jsonOfText(
  text: string,
  read: ReadSchema,
  syntax: Pick<TagSyntax, 'nests' | 'open' | 'nameEnds' | 'close'>,
): string {
  const { types, isString } = read;
  if (isString) return JSON.stringify(text);
  if (syntax.nests && text.trimStart().startsWith(syntax.open) && types?.has('string') !== true) {
    const nested = new NestedTags(syntax).read(text, read, 0);
    if (nested !== undefined) return nested;
  }
  const trimmed = text.trim();
  const given = parsedJson(trimmed);
  const json = given === undefined ? pythonAsJson(trimmed) : trimmed;
  if (json === undefined) return JSON.stringify(text);
  const isAllowed = types === undefined || allows(types, given === undefined ? JSON.parse(json) : given);
  return isAllowed || !types.has('string') ? json : JSON.stringify(text);
}

/** Objects and lists as tags within tags. */
class NestedTags {
  readonly #syntax: Pick<TagSyntax, 'nests' | 'open' | 'nameEnds' | 'close'>;

  constructor(syntax: Pick<TagSyntax, 'nests' | 'open' | 'nameEnds' | 'close'>) {
    this.#syntax = syntax;
  }

  /** undefined = the text contains something other than tags. */
  read(text: string, read: ReadSchema, depth: number): string | undefined {
    const tags = depth > MAX_DEPTH ? undefined : this.#split(text);
    if (tags === undefined) return undefined;
    const { types } = read;
    const isList = types?.has('array') === true && (!types.has('object') || tags.every(({ name }) => name === 'item'));
    const values = tags.map(({ name, body }) => {
      const schema = isList ? itemOf(read) : memberOf(read, name);
      const inner = body.trimStart().startsWith(this.#syntax.open) ? this.read(body, schema, depth + 1) : undefined;
      const json = inner ?? jsonOfText(body, schema, { ...this.#syntax, nests: false });
      return isList ? json : `${JSON.stringify(name)}: ${json}`;
    });
    return isList ? `[${values.join(', ')}]` : `{${values.join(', ')}}`;
  }

  #split(text: string): readonly { readonly name: string; readonly body: string }[] | undefined {
    const { open, nameEnds, close } = this.#syntax;
    const nameEnd = nameEnds[0]?.text ?? '';
    const tags: { name: string; body: string }[] = [];
    for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
      const from = at + open.length;
      const nameTo = text.startsWith(open, at) ? text.indexOf(nameEnd, from) : -1;
      if (nameTo < 0) return undefined;
      const name = text.slice(from, nameTo);
      const bodyFrom = nameTo + nameEnd.length;
      const bodyTo = closeOf(text, { from: bodyFrom, open: `${open}${name}${nameEnd}`, close: close(name) });
      if (bodyTo < 0) return undefined;
      tags.push({ name, body: text.slice(bodyFrom, bodyTo) });
      at = bodyTo + close(name).length;
    }
    return tags;
  }
}

/** Where the tag ends that is open, over those of the same name in it; −1 = nowhere. */
function closeOf(text: string, { from, open, close }: { from: number; open: string; close: string }): number {
  let depth = 0;
  for (let at = from; depth <= MAX_DEPTH; ) {
    const end = text.indexOf(close, at);
    if (end < 0) return -1;
    const inner = text.slice(at, end).indexOf(open);
    if (inner >= 0) {
      depth++;
      at += inner + open.length;
    } else if (depth === 0) return end;
    else {
      depth--;
      at = end + close.length;
    }
  }
  return -1;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text.charAt(at))) at++;
  return at;
}

function memberOf(read: SchemaPart, name: string): ReadSchema {
  for (const { properties, additionalProperties } of alternativesOf(read)) {
    if (isObject(properties) && Object.hasOwn(properties, name)) return readSchema(properties[name], read.root);
    if (isObject(additionalProperties)) return readSchema(additionalProperties, read.root);
  }
  return readSchema(undefined, read.root);
}

function itemOf(read: ReadSchema): ReadSchema {
  const items = alternativesOf(read).find(({ items: each }) => isObject(each))?.items;
  return readSchema(items, read.root);
}

function alternativesOf({ schema, root }: SchemaPart): readonly Schema[] {
  if (schema === undefined) return [];
  const several = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return [schema, ...several.slice(0, MAX_ALTERNATIVES).flatMap<Schema>((each) => resolve(each, root) ?? [])];
}

/** Those of all alternatives, each of which is read once: schemas may refer to themselves. undefined = any. */
function typesOf(schema: unknown, root: unknown): ReadonlySet<Type> | undefined {
  const types = new Set<Type>();
  const seen = new Set<unknown>();
  const left = [schema];
  while (left.length > 0) {
    const read = resolve(left.pop(), root);
    if (seen.has(read)) continue;
    seen.add(read);
    const { own, alternatives } = typesHere(read);
    if (own === undefined || left.length + alternatives.length > MAX_ALTERNATIVES) return undefined;
    for (const type of own) types.add(type);
    left.push(...alternatives);
  }
  return types;
}

interface TypesHere {
  /** undefined = any. */
  readonly own: readonly Type[] | undefined;
  /** Schemas whose types it has as well. */
  readonly alternatives: readonly unknown[];
}

/** What a schema says of types, without those of its alternatives. */
function typesHere(schema: Schema | undefined): TypesHere {
  const { type, enum: values, const: only, anyOf, oneOf, allOf, nullable } = schema ?? {};
  const own = (list: readonly unknown[]) => ({ own: list as readonly Type[], alternatives: [] });
  if (typeof type === 'string') return own(nullable === true ? [type, 'null'] : [type]);
  if (Array.isArray(type)) return own(type);
  if (Array.isArray(values)) return own(values.flatMap(typesOfValue));
  if (only !== undefined) return own(typesOfValue(only));
  const list = [anyOf, oneOf, allOf].find(Array.isArray);
  if (list !== undefined) return { own: [], alternatives: list };
  if (schema !== undefined && 'properties' in schema) return own(['object']);
  return schema !== undefined && 'items' in schema ? own(['array']) : { own: undefined, alternatives: [] };
}

/** A schema without references that stand for it. */
function resolve(schema: unknown, root: unknown): Schema | undefined {
  let read = schema;
  for (let steps = 0; steps <= MAX_DEPTH; steps++) {
    if (!isObject(read)) return undefined;
    const reference = read.$ref;
    if (typeof reference !== 'string') return read;
    if (!reference.startsWith('#')) return undefined;
    read = reference
      .split('/')
      .slice(1)
      .reduce<unknown>(
        (found, step) => (isObject(found) && Object.hasOwn(found, step) ? found[step] : undefined),
        root,
      );
  }
  return undefined;
}

function allows(types: ReadonlySet<Type>, value: unknown): boolean {
  return typesOfValue(value).some((type) => types.has(type));
}

function typesOfValue(value: unknown): readonly Type[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  switch (typeof value) {
    case 'string':
      return ['string'];
    case 'boolean':
      return ['boolean'];
    case 'number':
      return Number.isInteger(value) ? ['integer', 'number'] : ['number'];
    default:
      return ['object'];
  }
}
