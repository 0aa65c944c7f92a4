import { hashText } from '../core/index.js';

/** An arm that keeps the keys it has and gets no further ones. */
export interface ClosedArm {
  /** Names of arms: the one that is closed, and the one that its further keys get. */
  readonly arm: string;
  readonly others: string;
  /** Whether it has the key of that hash (`hashText(key).low`). */
  readonly keys: { has(hash: number): boolean };
}

/** The arm that a key gets instead of the one that is closed to it; undefined = it may have that. */
export function armInstead<Arm extends { readonly name: string }>(
  { arms, closed }: { readonly arms: readonly Arm[]; readonly closed: ClosedArm | undefined },
  arm: Arm,
  key: string,
): Arm | undefined {
  if (closed === undefined || arm.name !== closed.arm || closed.keys.has(hashText(key).low)) return undefined;
  return arms.find(({ name }) => name === closed.others);
}
