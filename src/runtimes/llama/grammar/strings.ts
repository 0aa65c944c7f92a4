import { FORMATS, isIdleFormat } from './formats.js';
import { ANY } from './pattern/alphabet.js';
import { placesOf, type TextRule } from './pattern/automaton.js';
import { Budget, PatternTooLarge } from './pattern/budget.js';
import { type Node, parsePattern } from './pattern/parse.js';
import { patternProblem } from './pattern/problem.js';
import { type Conversion, type Counts, type Json, type Place, type Schema, within } from './schema.js';
import { jsonTextRule } from './text-rules.js';

/** Of all steps that the patterns of a schema may take, those of one text. */
const MAX_STEPS = 30_000;

/** What a text has to be, as far as that can be generated. */
export interface Texts {
  readonly pattern: TextRule | undefined;
  readonly format: TextRule | undefined;
}

/** The rule for a schema of the type `string`. */
export function stringRule(conversion: Conversion, schema: Schema, at: Place): string {
  const counts = conversion.counts('Length', schema, at);
  const key = JSON.stringify([schema.pattern, schema.format, counts]);
  const known = conversion.texts.get(key);
  if (known !== undefined) return known;
  const { pattern, format } = readTexts(conversion, schema, at);
  if (pattern === undefined && format === undefined) return ruleOfLength(counts);
  const rule = bestRule(conversion, { pattern, format, length: lengthRule(counts) });
  if (rule === 'none') return conversion.passOver('string', at, 'no text has this pattern, format and length');
  conversion.texts.set(key, rule ?? ruleOfLength(counts));
  return rule ?? ruleOfLength(counts);
}

/** The pattern and the format of a string schema. A strict schema is refused if either can be neither generated nor checked. */
export function readTexts(conversion: Conversion, { pattern, format }: Schema, at: Place): Texts {
  return {
    pattern: pattern === undefined ? undefined : readPattern(conversion, pattern, within(at, 'pattern')),
    format: format === undefined ? undefined : readFormat(conversion, { format, pattern }, within(at, 'format')),
  };
}

/** A pattern that has to match somewhere in a text; undefined = it is passed over. */
export function readPattern(conversion: Conversion, pattern: Json, at: Place): TextRule | undefined {
  if (typeof pattern !== 'string') {
    conversion.passOver('string', at, `expected a regular expression, got ${JSON.stringify(pattern)}`);
    return undefined;
  }
  try {
    return { kind: 'contains', pattern: parsePattern(pattern) };
  } catch (error) {
    conversion.passOver('string', at, patternProblem(error));
    return undefined;
  }
}

/** The rule for strings of JSON by all of these rules; undefined = it would be too large, 'none' = there are no such texts. */
export function ruleOfTexts(conversion: Conversion, texts: readonly TextRule[]): string | 'none' | undefined {
  const { rules, budget } = conversion;
  try {
    const places = placesOf(texts, new Budget(MAX_STEPS, budget));
    if (places === undefined) return 'none';
    // Half of them for the rest of the schema.
    return 2 * places.length > rules.left ? undefined : jsonTextRule(rules, places);
  } catch (error) {
    if (error instanceof PatternTooLarge) return undefined;
    throw error;
  }
}

function readFormat(
  conversion: Conversion,
  { format, pattern }: { readonly format: Json; readonly pattern: Json | undefined },
  at: Place,
): TextRule | undefined {
  const source = typeof format === 'string' ? FORMATS.get(format) : undefined;
  if (source !== undefined) return { kind: 'whole', pattern: parsePattern(source) };
  // A pattern says more exactly what it is.
  if (typeof format === 'string' && (pattern !== undefined || isIdleFormat(format))) return undefined;
  conversion.passOver(
    'string',
    at,
    `the format ${JSON.stringify(format)} is not known: write a 'pattern' instead, or beside it`,
  );
  return undefined;
}

/** The rule for as many of the conditions as fit the budget. The check of the finished answer covers the others, except a format, which is dropped only beside a pattern. */
function bestRule(
  conversion: Conversion,
  { pattern, format, length }: Texts & { readonly length: TextRule | undefined },
): string | 'none' | undefined {
  const all = [[pattern, format, length], [pattern, format], [pattern, length], [pattern], [format, length], [format]];
  let isFormatIdle = format === undefined;
  for (const attempt of all) {
    const texts = attempt.filter((text) => text !== undefined);
    // Without one of them it is another attempt.
    if (texts.length < attempt.length || (isFormatIdle && attempt.includes(format))) continue;
    const rule = ruleOfTexts(conversion, texts);
    if (rule === undefined) continue;
    if (rule !== 'none') return rule;
    // Some formats mean less to those who write the pattern: a time without its zone.
    if (pattern === undefined || format === undefined || !texts.includes(format)) return 'none';
    isFormatIdle = true;
  }
  return undefined;
}

function ruleOfLength({ least, most }: Counts): string {
  return least === 0 && most === undefined ? 'string' : `"\\"" char{${least},${most ?? ''}} "\\""`;
}

/** The texts of so many characters; undefined = all. */
export function lengthRule({ least, most = Number.POSITIVE_INFINITY }: Counts): TextRule | undefined {
  if (least === 0 && most === Number.POSITIVE_INFINITY) return undefined;
  const any: Node = { kind: 'set', set: ANY };
  return { kind: 'whole', pattern: { kind: 'repeat', node: any, least, most } };
}
