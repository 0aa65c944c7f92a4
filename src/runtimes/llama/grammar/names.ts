import { isNever } from './keywords.js';
import type { TextRule } from './pattern/automaton.js';
import { PatternTooLarge } from './pattern/budget.js';
import type { Node } from './pattern/parse.js';
import { searcher } from './pattern/search.js';
import { type Conversion, isSchema, type Json, type Place, type Schema, within } from './schema.js';
import { lengthRule, readPattern, readTexts, ruleOfTexts } from './strings.js';

/** Names that an object may have besides its properties. */
export interface Names {
  /** All of them, where `propertyNames` lists them. */
  readonly listed: readonly string[] | undefined;
  /** Rules for members whose names are described in other ways. */
  readonly others: readonly string[];
  /** What the value of such a name has to be. */
  schemaOf(name: string): Valued;
}

interface Valued {
  readonly value: Json;
  readonly at: Place;
}

/** Names by a pattern, with their value. */
interface Patterned extends Valued {
  readonly pattern: Node;
}

/** Patterns that names of the schema are looked up in. */
const MAX_PATTERNS = 4;
/** References that lead to others. */
const MAX_REFERENCES = 64;

/** Reads `additionalProperties`, `patternProperties` and `propertyNames`. */
export function readNames(conversion: Conversion, schema: Schema, at: Place): Names {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const patterned = readPatterned(conversion, schema, within(at, 'patternProperties'));
  const additional: Valued = { value: additionalProperties ?? true, at: within(at, 'additionalProperties') };
  const schemaOf = finder(conversion, patterned, additional);
  const listed = listOf(conversion, propertyNames, within(at, 'propertyNames'));
  if (listed !== undefined) return { listed: isNever(additional.value) ? [] : listed, others: [], schemaOf };
  const known = [...Object.keys(properties as Schema), ...(required as readonly string[])];
  // Where nothing is said of others, an object has the members that are described.
  const isOpen = additionalProperties !== undefined || known.length + patterned.length === 0;
  const texts: readonly TextRule[] = [
    ...textsOf(conversion, propertyNames, within(at, 'propertyNames')),
    ...(known.length === 0 ? [] : [{ kind: 'other', than: known } as const]),
  ];
  const rest = patterned.map(({ pattern }): TextRule => ({ kind: 'lacks', pattern }));
  const others = [
    ...patterned.map(({ pattern, ...valued }) => ({
      ...valued,
      texts: [{ kind: 'contains', pattern } as const, ...texts],
    })),
    ...(isOpen ? [{ ...additional, texts: [...rest, ...texts] }] : []),
  ];
  return { listed: undefined, others: others.flatMap((each) => otherRule(conversion, each)), schemaOf };
}

function readPatterned(conversion: Conversion, { patternProperties = {} }: Schema, at: Place): readonly Patterned[] {
  if (!isSchema(patternProperties)) throw conversion.refuse(at, 'expected an object of schemas');
  return Object.entries(patternProperties).flatMap(([source, value]) => {
    const rule = readPattern(conversion, source, within(at, source));
    return rule?.kind === 'contains' ? [{ pattern: rule.pattern, value, at: within(at, source) }] : [];
  });
}

/** What describes a name: the pattern that it matches, or else what all others are. */
function finder({ budget }: Conversion, patterned: readonly Patterned[], additional: Valued): Names['schemaOf'] {
  if (patterned.length > MAX_PATTERNS) return () => additional;
  let searches: readonly { readonly matches: (name: string) => boolean; readonly valued: Valued }[] | undefined;
  return (name) => {
    try {
      searches ??= patterned.map(({ pattern, ...valued }) => ({ matches: searcher(pattern, budget), valued }));
      return searches.find(({ matches }) => matches(name))?.valued ?? additional;
    } catch (error) {
      if (error instanceof PatternTooLarge) return additional;
      throw error;
    }
  };
}

/** The rule for a member; none where that would be too large, as it may be missing. */
function otherRule(
  conversion: Conversion,
  { texts, value, at }: Valued & { readonly texts: readonly TextRule[] },
): readonly string[] {
  if (isNever(value)) return [];
  const name = texts.length === 0 ? 'string' : ruleOfTexts(conversion, texts);
  if (name === undefined || name === 'none') return [];
  return [conversion.rules.add(`${name} ws ":" ws ${conversion.convert(value, at)}`)];
}

/** The names that `propertyNames` lists; undefined = it says something else. */
function listOf(conversion: Conversion, propertyNames: Json | undefined, at: Place): readonly string[] | undefined {
  if (propertyNames === undefined) return undefined;
  if (isNever(propertyNames)) return [];
  const schema = resolved(conversion, propertyNames, at);
  if (!isSchema(schema)) return undefined;
  const { const: only, enum: several = only === undefined ? undefined : [only], anyOf } = schema;
  if (Array.isArray(several)) {
    conversion.take(several.length, at);
    return several.filter((name) => typeof name === 'string');
  }
  if (!Array.isArray(anyOf)) return undefined;
  conversion.take(anyOf.length, at);
  const lists = anyOf.map((each: Json, index) => listOf(conversion, each, within(within(at, 'anyOf'), index)));
  return lists.some((list) => list === undefined) ? undefined : lists.flatMap((list) => list ?? []);
}

/** What `propertyNames` says of texts; what it says in other ways is checked. */
function textsOf(conversion: Conversion, propertyNames: Json | undefined, at: Place): readonly TextRule[] {
  const schema = propertyNames === undefined ? undefined : resolved(conversion, propertyNames, at);
  if (!isSchema(schema)) return [];
  const { pattern, format } = readTexts(conversion, schema, at);
  const length = lengthRule(conversion.counts('Length', schema, at));
  // A pattern says more exactly what a format is.
  return [pattern ?? format, length].filter((text) => text !== undefined);
}

function resolved(conversion: Conversion, schema: Json, at: Place): Json {
  let found = schema;
  for (let steps = 0; steps < MAX_REFERENCES && isSchema(found) && found.$ref !== undefined; steps++) {
    found = conversion.find(found.$ref, within(at, '$ref'));
  }
  return found;
}
