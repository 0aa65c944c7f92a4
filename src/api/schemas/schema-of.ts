import type { Static, TSchema, TUnsafe } from '@sinclair/typebox';

/** As JSON sees it: nothing is readonly. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Member in keyof T]: Plain<T[Member]> }
    : T;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The type of an argument that is a schema of something else. */
interface Mismatch<Expected, Got> {
  readonly 'the schema is of another type': readonly [expected: Expected, got: Got];
}

/** A schema of exactly these values. */
export type SchemaOf<T> = TUnsafe<T>;

/** Checks at compile time that a schema and a plain type say the same, optional members included: `schemaOf<Key>()(Type.Object(…))`. */
export function schemaOf<T>() {
  return <S extends TSchema>(
    schema: S & (Same<Plain<Static<S>>, Plain<T>> extends true ? unknown : Mismatch<Plain<T>, Plain<Static<S>>>),
    // The two types are equal, but the compiler does not know it of type parameters.
  ): SchemaOf<T> => schema as unknown as SchemaOf<T>;
}
