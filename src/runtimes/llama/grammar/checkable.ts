import { type Shape, shapeOf, unknownKeyword } from './keywords.js';
import { compilePattern } from './pattern/match.js';
import { patternProblem } from './pattern/problem.js';
import { type Conversion, isNames, isSchema, type Json, type Place, type Schema, within } from './schema.js';

/** Keywords that a grammar says nothing of: their schemas are looked at here only. */
const CHECKED_ONLY: ReadonlySet<string> = new Set([
  ...['not', 'if', 'then', 'else', 'dependentRequired', 'dependentSchemas', 'unevaluatedProperties'],
  ...['unevaluatedItems', 'uniqueItems', 'contains', 'minContains', 'maxContains', 'propertyNames', 'required'],
]);
/** Patterns of a schema that are compiled, to see that they can be. */
const MAX_PATTERNS = 256;

interface Keyword {
  readonly name: string;
  readonly value: Json;
}

/** Refuses schemas by which an answer cannot be checked. */
export class Checkable {
  readonly #conversion: Conversion;
  /** References that have been looked at. */
  readonly #seen = new Set<string>();
  #patternsLeft = MAX_PATTERNS;

  constructor(conversion: Conversion) {
    this.#conversion = conversion;
  }

  /** Checks the keywords of a schema that a grammar is made for. Throws `invalid_argument`. */
  keywords(schema: Schema, at: Place): void {
    for (const [name, value] of Object.entries(schema)) {
      if (shapeOf(name) === undefined) throw this.#conversion.refuse(at, unknownKeyword(name));
      if (name === 'pattern') this.#pattern(value, within(at, name));
      if (name === 'patternProperties' && isSchema(value)) {
        for (const source of Object.keys(value)) this.#pattern(source, within(within(at, name), source));
      }
      if (!CHECKED_ONLY.has(name)) continue;
      // The format of names is generated.
      if (name !== 'propertyNames' || !isSchema(value)) this.#keyword({ name, value }, at);
      else {
        const { format: _, ...others } = value;
        this.#keyword({ name, value: others }, at);
      }
    }
  }

  #schema(schema: Json, at: Place): void {
    if (typeof schema === 'boolean') return;
    if (!isSchema(schema)) throw this.#conversion.refuse(at, 'expected a schema');
    for (const [name, value] of Object.entries(schema)) this.#keyword({ name, value }, at);
  }

  #keyword({ name, value }: Keyword, at: Place): void {
    const shape = shapeOf(name);
    if (shape === undefined) throw this.#conversion.refuse(at, unknownKeyword(name));
    const place = within(at, name);
    if (name === 'format')
      throw this.#conversion.refuse(place, "formats are not checked here: write a 'pattern' instead");
    if (shape === 'annotation' || shape === 'any') return;
    if (shape === 'pattern') this.#pattern(value, place);
    else if (shape === 'reference') this.#reference(value, place);
    else if (shape.startsWith('schema')) this.#schemas(shape, value, place);
    else this.#value(shape, value, place);
  }

  #schemas(shape: Shape, value: Json, at: Place): void {
    if (shape === 'schema' || (shape === 'schema or schemas' && !Array.isArray(value))) {
      this.#schema(value, at);
      return;
    }
    if (shape === 'schemas' || shape === 'schema or schemas') {
      if (!Array.isArray(value) || value.length === 0) throw this.#conversion.refuse(at, 'expected a list of schemas');
      for (const [index, each] of value.entries()) this.#schema(each, within(at, index));
      return;
    }
    if (!isSchema(value)) throw this.#conversion.refuse(at, 'expected an object of schemas');
    for (const [name, each] of Object.entries(value)) {
      if (shape === 'schemas by pattern') this.#pattern(name, within(at, name));
      this.#schema(each, within(at, name));
    }
  }

  #value(shape: Shape, value: Json, at: Place): void {
    const [isRight, expected] = EXPECTED[shape] ?? [];
    if (isRight?.(value) === false)
      throw this.#conversion.refuse(at, `expected ${expected}, got ${JSON.stringify(value)}`);
  }

  #reference(reference: Json, at: Place): void {
    const target = this.#conversion.find(reference, at);
    if (typeof reference !== 'string' || this.#seen.has(reference)) return;
    this.#seen.add(reference);
    this.#schema(target, { place: reference, depth: at.depth + 1 });
  }

  #pattern(source: Json, at: Place): void {
    if (typeof source !== 'string')
      throw this.#conversion.refuse(at, `expected a regular expression, got ${JSON.stringify(source)}`);
    if (this.#patternsLeft-- === 0)
      throw this.#conversion.refuse(at, `the schema has more than ${MAX_PATTERNS} patterns`);
    try {
      compilePattern(source);
    } catch (error) {
      throw this.#conversion.refuse(at, patternProblem(error));
    }
  }
}

const isCount = (value: Json) => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const EXPECTED: { readonly [shape in Shape]?: readonly [(value: Json) => boolean, string] } = {
  count: [isCount, 'an integer from 0 on'],
  number: [(value) => typeof value === 'number', 'a number'],
  'positive number': [(value) => typeof value === 'number' && value > 0, 'a number above 0'],
  boolean: [(value) => typeof value === 'boolean', 'true or false'],
  names: [isNames, 'a list of names'],
  'names by name': [(value) => isSchema(value) && Object.values(value).every(isNames), 'an object of lists of names'],
};
