import { assertions, isNever } from './keywords.js';
import { mergeSchemas, sizeOf } from './merge.js';
import { type Conversion, isSchema, type Json, MAX_DEPTH, type Place, within } from './schema.js';

/** Merges of two schemas, and members of the lists in them. */
const MAX_MERGED = 20_000;

/** Merges schemas that apply together, as in `allOf`, their references resolved. */
export class SchemaMerger {
  readonly #conversion: Conversion;
  #mergesLeft = MAX_MERGED;

  constructor(conversion: Conversion) {
    this.#conversion = conversion;
  }

  /** A schema for what both allow; undefined = that is too much work. */
  both(one: Json, other: Json, at: Place): Json | undefined {
    if (--this.#mergesLeft < 0) return undefined;
    const [first, second] = [this.resolved(one, at), this.resolved(other, at)];
    if (first === undefined || second === undefined) return undefined;
    if (isNever(first) || isNever(second)) return false;
    if (first === true) return second;
    if (second === true) return first;
    if (!isSchema(first) || !isSchema(second)) throw this.#conversion.refuse(at, 'expected a schema');
    this.#mergesLeft -= sizeOf(first, second);
    return this.#mergesLeft < 0 ? undefined : mergeSchemas(first, second);
  }

  /** A schema without `$ref` and `allOf` of its own; undefined = that is too much work. */
  resolved(schema: Json, at: Place): Json | undefined {
    if (!isSchema(schema)) return schema;
    if (at.depth > MAX_DEPTH) return undefined;
    const { $ref: reference, allOf: list } = schema;
    if (reference !== undefined) {
      const target = this.#conversion.find(reference, within(at, '$ref'));
      return this.both(target, assertions(schema, '$ref'), within(at, '$ref'));
    }
    if (!Array.isArray(list)) return schema;
    let merged: Json | undefined = assertions(schema, 'allOf');
    for (const [index, each] of list.entries()) {
      merged = merged === undefined ? undefined : this.both(merged, each, within(within(at, 'allOf'), index));
    }
    return merged;
  }
}
