import type { Static, TSchema, TUnsafe } from '@sinclair/typebox';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

interface Mismatch<Got, Expected> {
  readonly 'the types differ': readonly [expected: Expected, got: Got];
}

/** Part of an argument's type: anything where the two types are the same, optional members included, and otherwise what no argument is. */
export type IfSame<Got, Expected> = Same<Got, Expected> extends true ? unknown : Mismatch<Got, Expected>;

/** As JSON sees it: nothing is readonly. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Member in keyof T]: Plain<T[Member]> }
    : T;

/** A schema of exactly these values. */
export type SchemaOf<T> = TUnsafe<T>;

/** Checks at compile time that a schema and a plain type say the same, optional members included: `schemaOf<Key>()(Type.Object(…))`. */
export function schemaOf<T>() {
  return <S extends TSchema>(
    schema: S & IfSame<Plain<Static<S>>, Plain<T>>,
    // The two types are equal, but the compiler does not know it of type parameters.
  ): SchemaOf<T> => schema as unknown as SchemaOf<T>;
}
