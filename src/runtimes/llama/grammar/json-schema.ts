import { type ErrorReason, invalidArgument, type MillraceError, type ParameterValue } from '../../../core/index.js';
import { anyLiteral, type GrammarRules, jsonLiteral, literalOf } from './rules.js';

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Schema = { readonly [keyword: string]: Json };

/** Characters of its JSON. */
const MAX_LENGTH = 262_144;
/** Longest repetition that is spelled out in a grammar. */
const MAX_REPEATS = 1_000;
const MAX_DEPTH = 64;
/** Most values of an enumeration, and most alternatives, of all that a schema has. */
const MAX_ALTERNATIVES = 1_000;
/** Lengths and counts of all strings and lists together: llama.cpp makes a rule for each. */
const MAX_ALL_REPEATS = 32_768;

/** Say nothing of a value. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  ...[
    'title',
    'description',
    'default',
    'examples',
    'deprecated',
    'readOnly',
    'writeOnly',
    '$schema',
    '$id',
    '$comment',
  ],
  ...['$defs', 'definitions', 'discriminator'],
]);

/** How a schema is read. */
export interface SchemaReading {
  /** What the schema is of, in messages: 'the JSON schema'. */
  readonly what: string;
  /** What an error says besides. */
  readonly reason: ErrorReason;
  /** Refuses keywords that cannot be promised; else they are passed over. */
  readonly isStrict: boolean;
}

/**
 * The rule of a grammar for the JSON values that a schema allows. All that it lets pass is valid, but for keywords that were passed over; where
 * all have to hold, those with which that cannot be had are refused by name. Properties come in the order in which the schema has them,
 * and `oneOf` is read as `anyOf`. Throws `invalid_argument`.
 */
export function ruleOfSchema(rules: GrammarRules, schema: unknown, reading: SchemaReading): string {
  return new Converter(rules, schema as Json, reading).convert();
}

/** A schema of a request as it is in JSON, where integers of more than 53 bits are numbers. Throws `invalid_argument` where it is too long. */
export function plainSchema(schema: ParameterValue, { what, reason }: Pick<SchemaReading, 'what' | 'reason'>): Json {
  const json = JSON.stringify(schema, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  if (json.length <= MAX_LENGTH) return JSON.parse(json);
  const message = `${what} has ${json.length} characters; at most ${MAX_LENGTH} are supported`;
  throw invalidArgument(message, { reason });
}

class Converter {
  readonly #rules: GrammarRules;
  readonly #root: Json;
  readonly #reading: SchemaReading;
  /** Names of rules by the reference that they stand for. */
  readonly #references = new Map<string, string>();
  /** By rule, in how many ways a text may begin by it, where there are several: llama.cpp follows all of them. */
  readonly #ways = new Map<string, number>();
  #alternativesLeft = MAX_ALTERNATIVES;
  #repeatsLeft = MAX_ALL_REPEATS;

  constructor(rules: GrammarRules, root: Json, reading: SchemaReading) {
    this.#rules = rules;
    this.#root = root;
    this.#reading = reading;
  }

  convert(): string {
    return this.#schema(this.#root, { place: '', depth: 0 });
  }

  #schema(schema: Json, at: Place): string {
    if (schema === true) return 'value';
    if (schema === false) return this.#passOver('value', at, 'expected a schema');
    if (!isSchema(schema)) throw this.#refuse(at, 'expected a schema');
    if (at.depth > MAX_DEPTH) throw this.#refuse(at, `is nested deeper than ${MAX_DEPTH} levels`);
    const { $ref: reference, const: only, enum: several, anyOf, oneOf, allOf, type } = schema;
    if (reference !== undefined) return this.#reference(reference, schema, at);
    if (only !== undefined) {
      this.#check(schema, at, ['const', 'type']);
      return jsonLiteral(only);
    }
    if (several !== undefined) return this.#enum(several, schema, at);
    if (anyOf !== undefined) return this.#alternatives('anyOf', schema, at);
    if (oneOf !== undefined) return this.#alternatives('oneOf', schema, at);
    if (allOf !== undefined) return this.#single(allOf, schema, at);
    if (Array.isArray(type)) {
      if (type.length === 0) throw this.#refuse(within(at, 'type'), 'names no type');
      const bounds = type.includes('integer') && !type.includes('number') ? idleBounds(schema) : [];
      this.#check(schema, at, ['type', ...bounds, ...type.flatMap((each) => KEYWORDS[String(each)] ?? [])]);
      this.#take(type, at);
      return this.#anyOf(
        type.map((each) => this.#typed({ ...schema, type: each }, at, true)),
        at,
      );
    }
    return this.#typed(schema, at, false);
  }

  #typed(schema: Schema, at: Place, isOneOfSeveral: boolean): string {
    const known = (...keywords: readonly string[]) => {
      if (!isOneOfSeveral) this.#check(schema, at, ['type', ...keywords]);
    };
    const { type = impliedType(schema) } = schema;
    switch (type) {
      case undefined:
        known();
        return 'value';
      case 'object':
        known(...OBJECT_KEYWORDS);
        return this.#object(schema, at);
      case 'array':
        known(...ARRAY_KEYWORDS);
        return this.#array(schema, at);
      case 'string':
        known(...STRING_KEYWORDS);
        return this.#string(schema, at);
      case 'integer':
        known(...idleBounds(schema));
        return type;
      case 'number':
      case 'boolean':
      case 'null':
        known();
        return type;
      default:
        throw this.#refuse(within(at, 'type'), `expected a type of JSON, got ${JSON.stringify(type)}`);
    }
  }

  #reference(reference: Json, schema: Schema, at: Place): string {
    this.#check(schema, at, ['$ref']);
    const place = within(at, '$ref');
    if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) {
      throw this.#refuse(place, `expected a reference inside the schema, got ${JSON.stringify(reference)}`);
    }
    const known = this.#references.get(reference);
    if (known !== undefined) return known;
    const name = this.#rules.newName();
    this.#references.set(reference, name);
    const target = this.#find(reference, place);
    const body = this.#schema(target, { place: reference, depth: at.depth + 1 });
    if (body === name) throw this.#refuse(place, 'refers to itself and nothing else');
    this.#rules.set(name, body);
    this.#ways.set(name, this.#waysOf(body));
    return name;
  }

  /** One of these rules. References may double the ways with each level. */
  #anyOf(rules: readonly string[], at: Place): string {
    const different = [...new Set(rules)];
    const ways = different.reduce((sum, rule) => sum + this.#waysOf(rule), 0);
    if (ways > MAX_ALTERNATIVES) {
      throw this.#refuse(at, `has more than ${MAX_ALTERNATIVES} alternatives, those of its references included`);
    }
    const texts: string[] = [];
    const others: string[] = [];
    for (const each of different) {
      const text = literalOf(each);
      if (text === undefined) others.push(each);
      else texts.push(text);
    }
    const rule = this.#rules.add([...(texts.length > 0 ? [anyLiteral(texts)] : []), ...others].join(' | '));
    this.#ways.set(rule, ways);
    return rule;
  }

  #waysOf(rule: string): number {
    return this.#ways.get(rule) ?? 1;
  }

  #find(reference: string, at: Place): Json {
    let found: Json | undefined = this.#root;
    for (const step of reference.split('/').slice(1)) {
      const name = decode(step).replaceAll('~1', '/').replaceAll('~0', '~');
      found =
        typeof found === 'object' && found !== null && Object.hasOwn(found, name) ? (found as Schema)[name] : undefined;
    }
    if (found === undefined) throw this.#refuse(at, `there is nothing at ${reference}`);
    return found;
  }

  #enum(values: Json, schema: Schema, at: Place): string {
    if (!Array.isArray(values) || values.length === 0)
      throw this.#refuse(within(at, 'enum'), 'expected a list of values');
    this.#check(schema, at, ['enum', 'type']);
    this.#take(values, at);
    return this.#rules.add(anyLiteral(values.map((value) => JSON.stringify(value))));
  }

  #alternatives(keyword: 'anyOf' | 'oneOf', schema: Schema, at: Place): string {
    this.#check(schema, at, [keyword]);
    const list = schema[keyword];
    const place = within(at, keyword);
    if (!Array.isArray(list) || list.length === 0) throw this.#refuse(place, 'expected a list of schemas');
    this.#take(list, at);
    return this.#anyOf(
      list.map((each, index) => this.#schema(each, within(place, index))),
      at,
    );
  }

  #single(list: Json, schema: Schema, at: Place): string {
    this.#check(schema, at, ['allOf']);
    const place = within(at, 'allOf');
    const [first, second] = Array.isArray(list) ? list : [];
    if (first === undefined) throw this.#refuse(place, 'expected a list of schemas');
    if (second !== undefined) return this.#passOver('value', place, 'is supported with one schema only');
    return this.#schema(first, within(place, 0));
  }

  #string({ minLength = 0, maxLength }: Schema, at: Place): string {
    if (minLength === 0 && maxLength === undefined) return 'string';
    const { least, most } = this.#counts('Length', { least: minLength, most: maxLength }, at);
    return `"\\"" char{${least},${most ?? ''}} "\\""`;
  }

  #array({ items = true, prefixItems = [], minItems = 0, maxItems }: Schema, at: Place): string {
    if (Array.isArray(items)) return this.#passOver('array', within(at, 'items'), 'expected a schema');
    if (!Array.isArray(prefixItems)) throw this.#refuse(within(at, 'prefixItems'), 'expected a list of schemas');
    if (prefixItems.length > 0) {
      if (items !== false)
        return this.#passOver('array', within(at, 'prefixItems'), "is supported with 'items: false' only");
      const each = prefixItems.map((item, index) => this.#schema(item, within(within(at, 'prefixItems'), index)));
      return `"[" ws ${each.join(' ws "," ws ')} ws "]"`;
    }
    const { least, most } = this.#counts('Items', { least: minItems, most: maxItems }, at);
    if (most === 0) return '"[" ws "]"';
    const item = this.#rules.add(this.#schema(items, within(at, 'items')));
    const more = `(ws "," ws ${item}){${Math.max(0, least - 1)},${most === undefined ? '' : most - 1}}`;
    return least === 0 ? `"[" ws (${item} ${more})? ws "]"` : `"[" ws ${item} ${more} ws "]"`;
  }

  #object({ properties = {}, required = [], additionalProperties = true }: Schema, at: Place): string {
    if (!isSchema(properties)) throw this.#refuse(within(at, 'properties'), 'expected an object of schemas');
    if (!Array.isArray(required) || !required.every((name) => typeof name === 'string')) {
      throw this.#refuse(within(at, 'required'), 'expected a list of names');
    }
    const names = Object.keys(properties);
    const unknown = required.find((name) => !names.includes(name as string));
    if (unknown !== undefined) {
      const problem = `'${String(unknown)}' is not among the properties`;
      return this.#passOver('object', within(at, 'required'), problem);
    }
    const inProperties = within(at, 'properties');
    const members = names.map((name) => ({
      rule: this.#rules.add(
        `${jsonLiteral(name)} ws ":" ws ${this.#schema(properties[name] as Json, within(inProperties, name))}`,
      ),
      isRequired: required.includes(name),
    }));
    // Names that the schema has may not come as additional ones: without a way to say so, none come where there are properties.
    const extra =
      names.length > 0 || additionalProperties === false ? undefined : this.#extra(additionalProperties, at);
    if (members.length === 0)
      return extra === undefined ? '"{" ws "}"' : `"{" ws (${extra} (ws "," ws ${extra})*)? ws "}"`;
    return `"{" ws ${this.#members(members)} ws "}"`;
  }

  #extra(schema: Json, at: Place): string {
    return this.#rules.add(`string ws ":" ws ${this.#schema(schema, within(at, 'additionalProperties'))}`);
  }

  /** In order; a comma stands before each that is not the first of those that are there. */
  #members(members: readonly { readonly rule: string; readonly isRequired: boolean }[]): string {
    /** What may come from a member on, behind another one or as the first. */
    let behind = '';
    let first = '';
    let mayBeNone = true;
    for (const { rule, isRequired } of members.toReversed()) {
      const rest = behind === '' ? '' : ` ${behind}`;
      const here = `${rule}${rest}`;
      const nextFirst = isRequired || first === '' ? here : `(${here} | ${first})`;
      first = this.#rules.add(nextFirst);
      mayBeNone = mayBeNone && !isRequired;
      behind = this.#rules.add(isRequired ? `ws "," ws ${rule}${rest}` : `(ws "," ws ${rule})?${rest}`);
    }
    return mayBeNone ? `(${first})?` : first;
  }

  /** How often something comes: at least so often, and at most (undefined = any number). */
  #counts(
    what: 'Items' | 'Length',
    given: { readonly least: Json; readonly most: Json | undefined },
    at: Place,
  ): { readonly least: number; readonly most: number | undefined } {
    const least = this.#count(`min${what}`, given.least, at) ?? 0;
    const most = given.most === undefined ? undefined : this.#count(`max${what}`, given.most, at);
    if (most !== undefined && most < least)
      throw this.#refuse(within(at, `max${what}`), `is less than min${what} (${least})`);
    const repeats = most ?? least;
    if (repeats <= this.#repeatsLeft) {
      this.#repeatsLeft -= repeats;
      return { least, most };
    }
    if (!this.#reading.isStrict) return { least: 0, most: undefined };
    throw this.#refuse(at, `the schema's lengths and counts add up to more than ${MAX_ALL_REPEATS}`);
  }

  /** undefined = it is passed over. */
  #count(keyword: string, value: Json, at: Place): number | undefined {
    const isCount = typeof value === 'number' && Number.isInteger(value) && value >= 0;
    if (isCount && (value <= MAX_REPEATS || !this.#reading.isStrict)) return value <= MAX_REPEATS ? value : undefined;
    throw this.#refuse(
      within(at, keyword),
      `expected an integer from 0 to ${MAX_REPEATS}, got ${JSON.stringify(value)}`,
    );
  }

  #take(alternatives: readonly Json[], at: Place): void {
    this.#alternativesLeft -= alternatives.length;
    if (this.#alternativesLeft >= 0) return;
    throw this.#refuse(at, `the schema has more than ${MAX_ALTERNATIVES} values and alternatives`);
  }

  /** What is no mistake, but cannot be promised: refused, or passed over by a rule that lets more come. */
  #passOver(rule: string, at: Place, problem: string): string {
    if (this.#reading.isStrict) throw this.#refuse(at, problem);
    return rule;
  }

  /** Refuses keywords that are not looked at. */
  #check(schema: Schema, at: Place, keywords: readonly string[]): void {
    if (!this.#reading.isStrict) return;
    const other = Object.keys(schema).find((keyword) => !keywords.includes(keyword) && !ANNOTATIONS.has(keyword));
    if (other !== undefined) throw this.#refuse(at, `the keyword '${other}' is not supported here in strict mode`);
  }

  #refuse({ place }: Place, problem: string): MillraceError {
    const { what, reason } = this.#reading;
    return invalidArgument(`${what}, at '${place === '' ? '/' : place}': ${problem}`, { reason });
  }
}

/** Bounds that say nothing of an integer, as the grammar writes none of more than 15 digits: those at ±(2^53 − 1), and beyond. */
function idleBounds(schema: Schema): readonly string[] {
  const isIdle = (keyword: string, sign: 1 | -1) => {
    const bound = schema[keyword];
    return typeof bound === 'number' && sign * bound >= Number.MAX_SAFE_INTEGER;
  };
  return [
    ...['maximum', 'exclusiveMaximum'].filter((keyword) => isIdle(keyword, 1)),
    ...['minimum', 'exclusiveMinimum'].filter((keyword) => isIdle(keyword, -1)),
  ];
}

const OBJECT_KEYWORDS = ['properties', 'required', 'additionalProperties'];
const ARRAY_KEYWORDS = ['items', 'prefixItems', 'minItems', 'maxItems'];
const STRING_KEYWORDS = ['minLength', 'maxLength'];
/** Keywords by the type that they are for. */
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  object: OBJECT_KEYWORDS,
  array: ARRAY_KEYWORDS,
  string: STRING_KEYWORDS,
};

/** Where in the schema something stands. */
interface Place {
  readonly place: string;
  readonly depth: number;
}

function within({ place, depth }: Place, step: string | number): Place {
  return { place: `${place}/${step}`, depth: depth + 1 };
}

function impliedType(schema: Schema): Json | undefined {
  if (OBJECT_KEYWORDS.some((keyword) => keyword in schema)) return 'object';
  if (ARRAY_KEYWORDS.some((keyword) => keyword in schema)) return 'array';
  return STRING_KEYWORDS.some((keyword) => keyword in schema) ? 'string' : undefined;
}

function isSchema(value: Json | undefined): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A step of a reference, as it is where it is no address. */
function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
