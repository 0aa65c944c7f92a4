import { isDeepStrictEqual } from 'node:util';
import { DistinctKeys, ENOUGH_REQUESTS } from '../../rollouts/index.js';
import type { Store } from '../../store/index.js';
import { declaredOf, readSeen } from './records.js';
import type { DeclaredRollout } from './types.js';

/** Users that the last rollout of a model has counted. */
export interface LastUsers {
  readonly count: number;
  /** For so long. */
  readonly overMs: number;
}

/** The counts of a model's last rollout by the same key; undefined = none, or too few. */
export async function lastUsersOf(
  { rollouts, snapshots }: Pick<Store, 'rollouts' | 'snapshots'>,
  model: string,
  sticky: DeclaredRollout['sticky'],
): Promise<LastUsers | undefined> {
  if (sticky === undefined) return undefined;
  const [record] = await rollouts.ofModel(model, 1);
  if (record === undefined || !isDeepStrictEqual(declaredOf(record).sticky, sticky)) return undefined;
  const { snapshot, keys, timeline } = await readSeen(snapshots, record);
  const [first, last] = [timeline[0], timeline.at(-1)];
  if (keys === undefined || first === undefined || last === undefined) return undefined;
  if ((snapshot?.seen?.requests ?? 0) < ENOUGH_REQUESTS) return undefined;
  return { count: new DistinctKeys(keys.seen).count, overMs: last.atMs - first.atMs };
}
