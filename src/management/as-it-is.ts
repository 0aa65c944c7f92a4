/** Which members there are, at any depth, whether they may be missing or not. */
type Members<T> = T extends readonly (infer Item)[]
  ? Members<Item>[]
  : T extends object
    ? { -readonly [Name in keyof T]-?: Members<Exclude<T[Name], undefined>> }
    : T;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The type of an argument that has other members. */
interface Mismatch<Expected, Got> {
  readonly 'other members': readonly [expected: Expected, got: Got];
}

/**
 * A value that goes from one room to another as it is: `asItIs<RouteConfig>()(config)` compiles where both types have the same members. Without
 * it, an optional member that is renamed in one of them would be lost without an error.
 */
export function asItIs<Other>() {
  return <Known>(
    value: Known &
      (Same<Members<Known>, Members<Other>> extends true ? unknown : Mismatch<Members<Other>, Members<Known>>),
  ): Known => value;
}
