import type { IfSame } from '../api/schemas/index.js';

/** Which members there are, at any depth, whether they may be missing or not. */
type Members<T> = T extends readonly (infer Item)[]
  ? Members<Item>[]
  : T extends object
    ? { -readonly [Name in keyof T]-?: Members<Exclude<T[Name], undefined>> }
    : T;

/**
 * A value that goes from one room to another as it is: `asItIs<RouteConfig>()(config)` compiles where both types have the same members. Without
 * it, an optional member that is renamed in one of them would be lost without an error.
 */
export function asItIs<Other>() {
  return <Known>(value: Known & IfSame<Members<Known>, Members<Other>>): Known => value;
}
