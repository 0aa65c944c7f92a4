import { invalidArgument, type MillraceError, type ParameterValue } from '../../../core/index.js';
import { arrayRule } from './arrays.js';
import { Checkable } from './checkable.js';
import { assertions, impliedType, isNever } from './keywords.js';
import { numberRule } from './numbers/schema.js';
import { objectRule } from './objects.js';
import { Budget } from './pattern/budget.js';
import { anyLiteral, type GrammarRules, literalOf } from './rules.js';
import {
  type Conversion,
  type Counts,
  isSchema,
  type Json,
  MAX_DEPTH,
  type Place,
  type Schema,
  type SchemaReading,
  within,
} from './schema.js';
import { SchemaMerger } from './schema-merger.js';
import { stringRule } from './strings.js';

/** Characters of its JSON. */
const MAX_LENGTH = 262_144;
/** Longest repetition that is spelled out in a grammar. */
const MAX_REPEATS = 1_000;
/** Most values of an enumeration, and most alternatives, of all that a schema has. */
const MAX_ALTERNATIVES = 1_000;
/** Lengths and counts of all strings and lists together: llama.cpp makes a rule for each. */
const MAX_ALL_REPEATS = 32_768;
/** Steps of patterns, each of about a microsecond. */
const MAX_PATTERN_STEPS = 50_000;

/**
 * The rule of a grammar for the JSON values that a schema allows. A strict schema is refused where a keyword can be neither generated nor
 * checked; other schemas are read as far as they can be. What the rule lets pass may still have to be checked. Properties come in the order in which
 * the schema has them, and `oneOf` is read as `anyOf`. Throws `invalid_argument`.
 */
export function ruleOfSchema(rules: GrammarRules, schema: unknown, reading: SchemaReading): string {
  return rulesOfParts(rules, schema, reading)(schema, '');
}

/** As {@link ruleOfSchema}, for parts of the schema and their places in it. */
export function rulesOfParts(rules: GrammarRules, schema: unknown, reading: SchemaReading) {
  const converter = new Converter(rules, schema as Json, reading);
  return (part: unknown, place: string): string => converter.convert(part as Json, { place, depth: 0 });
}

/** A schema of a request as it is in JSON, where integers of more than 53 bits are numbers. Throws `invalid_argument` where it is too long. */
export function plainSchema(schema: ParameterValue, { what, reason }: Pick<SchemaReading, 'what' | 'reason'>): Json {
  const json = JSON.stringify(schema, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  if (json.length <= MAX_LENGTH) return JSON.parse(json);
  throw invalidArgument(`${what} has ${json.length} characters; at most ${MAX_LENGTH} are supported`, { reason });
}

class Converter implements Conversion {
  readonly rules: GrammarRules;
  readonly reading: SchemaReading;
  readonly budget = new Budget(MAX_PATTERN_STEPS);
  readonly texts = new Map<string, string>();
  readonly #root: Json;
  readonly #checkable = new Checkable(this);
  readonly #merger = new SchemaMerger(this);
  /** Names of rules by the reference that they stand for. */
  readonly #references = new Map<string, string>();
  /** By rule, in how many ways a text may begin by it, where there are several: llama.cpp follows all of them. */
  readonly #ways = new Map<string, number>();
  #alternativesLeft = MAX_ALTERNATIVES;
  #repeatsLeft = MAX_ALL_REPEATS;

  constructor(rules: GrammarRules, root: Json, reading: SchemaReading) {
    this.rules = rules;
    this.#root = root;
    this.reading = reading;
  }

  convert(schema: Json, at: Place): string {
    if (schema === true) return 'value';
    if (isNever(schema)) return this.passOver('value', at, 'allows no value');
    if (!isSchema(schema)) throw this.refuse(at, 'expected a schema');
    if (at.depth > MAX_DEPTH) throw this.refuse(at, `is nested deeper than ${MAX_DEPTH} levels`);
    if (this.reading.isStrict) this.#checkable.keywords(schema, at);
    const { $ref: reference, const: only, enum: several, anyOf, oneOf, allOf, type } = schema;
    if (reference !== undefined) return this.#reference(reference, at);
    if (only !== undefined) return this.#enum([only], schema, at);
    if (several !== undefined) {
      if (!Array.isArray(several) || several.length === 0)
        throw this.refuse(within(at, 'enum'), 'expected a list of values');
      this.take(several.length, at);
      return this.#enum(several, schema, at);
    }
    if (allOf !== undefined) return this.#all(schema, at);
    if (anyOf !== undefined) return this.#alternatives('anyOf', schema, at);
    if (oneOf !== undefined) return this.#alternatives('oneOf', schema, at);
    if (!Array.isArray(type)) return this.#typed(schema, type ?? impliedType(schema), at);
    if (type.length === 0) throw this.refuse(within(at, 'type'), 'names no type');
    this.take(type.length, at);
    return this.#anyOf(
      [...new Set(type)].map((each) => this.#typed(schema, each, at)),
      at,
    );
  }

  #typed(schema: Schema, type: Json | undefined, at: Place): string {
    switch (type) {
      case undefined:
        return 'value';
      case 'object':
        return objectRule(this, schema, at);
      case 'array':
        return arrayRule(this, schema, at);
      case 'string':
        return stringRule(this, schema, at);
      case 'integer':
      case 'number':
        return numberRule(this, { ...schema, type }, at);
      case 'boolean':
      case 'null':
        return type;
      default:
        throw this.refuse(within(at, 'type'), `expected a type of JSON, got ${JSON.stringify(type)}`);
    }
  }

  #reference(reference: Json, at: Place): string {
    const place = within(at, '$ref');
    const target = this.find(reference, place);
    const known = this.#references.get(reference as string);
    if (known !== undefined) return known;
    const name = this.rules.newName();
    this.#references.set(reference as string, name);
    const body = this.convert(target, { place: reference as string, depth: at.depth + 1 });
    if (body === name) throw this.refuse(place, 'refers to itself and nothing else');
    this.rules.set(name, body);
    this.#ways.set(name, this.#waysOf(body));
    return name;
  }

  find(reference: Json, at: Place): Json {
    if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference)) {
      throw this.refuse(at, `expected a reference inside the schema, got ${JSON.stringify(reference)}`);
    }
    let found: Json | undefined = this.#root;
    for (const step of reference.split('/').slice(1)) {
      const name = decode(step).replaceAll('~1', '/').replaceAll('~0', '~');
      found =
        typeof found === 'object' && found !== null && Object.hasOwn(found, name) ? (found as Schema)[name] : undefined;
    }
    if (found === undefined) throw this.refuse(at, `there is nothing at ${reference}`);
    return found;
  }

  /** One of these rules. References may double the ways with each level. */
  #anyOf(rules: readonly string[], at: Place): string {
    const different = [...new Set(rules)];
    const ways = different.reduce((sum, rule) => sum + this.#waysOf(rule), 0);
    if (ways > MAX_ALTERNATIVES) {
      throw this.refuse(at, `has more than ${MAX_ALTERNATIVES} alternatives, those of its references included`);
    }
    const texts: string[] = [];
    const others: string[] = [];
    for (const each of different) {
      const text = literalOf(each);
      if (text === undefined) others.push(each);
      else texts.push(text);
    }
    const rule = this.rules.add([...(texts.length > 0 ? [anyLiteral(texts)] : []), ...others].join(' | '));
    this.#ways.set(rule, ways);
    return rule;
  }

  #waysOf(rule: string): number {
    return this.#ways.get(rule) ?? 1;
  }

  #enum(values: readonly Json[], { type }: Schema, at: Place): string {
    const types: readonly Json[] | undefined = Array.isArray(type) || type === undefined ? type : [type];
    const allowed = values.filter((value) => types === undefined || types.some((each) => isOfType(value, each)));
    if (allowed.length === 0) return this.passOver('value', at, `no value is of the type ${JSON.stringify(type)}`);
    const rule = anyLiteral(allowed.map((value) => JSON.stringify(value)));
    return literalOf(rule) === undefined ? this.rules.add(rule) : rule;
  }

  #alternatives(keyword: 'anyOf' | 'oneOf', schema: Schema, at: Place): string {
    const list = schema[keyword];
    const place = within(at, keyword);
    if (!Array.isArray(list) || list.length === 0) throw this.refuse(place, 'expected a list of schemas');
    this.take(list.length, at);
    const around = assertions(schema, keyword);
    const rules = list.flatMap((each: Json, index): readonly string[] => {
      const inside = within(place, index);
      const both = Object.keys(around).length === 0 ? each : this.#merger.both(each, around, inside);
      if (both === undefined)
        return [this.passOver('value', inside, 'is too large, or too deep, to be taken together')];
      return isNever(both) ? [] : [this.convert(both, inside)];
    });
    if (rules.length === 0) return this.passOver('value', place, 'no alternative allows a value');
    return this.#anyOf(rules, at);
  }

  #all(schema: Schema, at: Place): string {
    const place = within(at, 'allOf');
    const { allOf: list } = schema;
    if (!Array.isArray(list) || list.length === 0) throw this.refuse(place, 'expected a list of schemas');
    const around = assertions(schema, 'allOf');
    const [only = true, second] = list;
    if (second === undefined && Object.keys(around).length === 0) return this.convert(only, within(place, 0));
    const merged = this.#merger.resolved(schema, at);
    if (merged === undefined) return this.passOver('value', place, 'is too large, or too deep, to be taken together');
    if (isNever(merged)) return this.passOver('value', place, 'no value is allowed by all of them');
    return this.convert(merged, at);
  }

  counts(what: 'Items' | 'Length' | 'Properties', schema: Schema, at: Place): Counts {
    const least = this.#count(`min${what}`, schema, at) ?? 0;
    const most = this.#count(`max${what}`, schema, at);
    if (most !== undefined && most < least)
      throw this.refuse(within(at, `max${what}`), `is less than min${what} (${least})`);
    const written = {
      least: least > MAX_REPEATS ? 0 : least,
      most: most !== undefined && most > MAX_REPEATS ? undefined : most,
    };
    const repeats = written.most ?? written.least;
    if (repeats > this.#repeatsLeft) return { least: 0, most: undefined };
    this.#repeatsLeft -= repeats;
    return written;
  }

  #count(keyword: string, { [keyword]: value }: Schema, at: Place): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    throw this.refuse(within(at, keyword), `expected an integer from 0 on, got ${JSON.stringify(value)}`);
  }

  take(alternatives: number, at: Place): void {
    this.#alternativesLeft -= alternatives;
    if (this.#alternativesLeft >= 0) return;
    throw this.refuse(at, `the schema has more than ${MAX_ALTERNATIVES} values and alternatives`);
  }

  passOver(rule: string, at: Place, problem: string): string {
    if (this.reading.isStrict) throw this.refuse(at, problem);
    return rule;
  }

  refuse({ place }: Place, problem: string): MillraceError {
    const { what, reason } = this.reading;
    return invalidArgument(`${what}, at '${place === '' ? '/' : place}': ${problem}`, { reason });
  }
}

function isOfType(value: Json, type: Json): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isSchema(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** A step of a reference, as it is where it is no address. */
function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
