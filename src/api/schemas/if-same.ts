type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

interface Mismatch<Got, Expected> {
  readonly 'the types differ': readonly [expected: Expected, got: Got];
}

/** Part of an argument's type: anything where the two types are the same, optional members included, and otherwise what no argument is. */
export type IfSame<Got, Expected> = Same<Got, Expected> extends true ? unknown : Mismatch<Got, Expected>;
