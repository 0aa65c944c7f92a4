import { type EventBus, MillraceError, toMillraceError } from '../../core/index.js';
import { STABLE } from '../../models/index.js';
import type { RolloutPlan } from '../../rollouts/index.js';
import type { DeclaredRollout } from './types.js';

/** The label of the version that a rollout takes a model to. */
const CANARY = 'canary';

/** Label → version; null removes it. */
type LabelChanges = Readonly<Record<string, number | null>>;

/** The labels, as a rollout needs them. */
export interface LabelKeeper {
  /** Throws where a file owns the label, naming the place. */
  checkMovable(model: string, label: string): void;
  /** All of them or none, for good and in force when it resolves. */
  change(
    model: string,
    changes: LabelChanges,
    options: { readonly by: string; readonly ofRollout: true },
  ): Promise<void>;
}

/**
 * Labels that a rollout gives before it begins: versions with labels stay loaded, and the bare name stands for the same version however
 * the rollout ends. Throws where they cannot be given.
 */
export function labelsToGive(
  { model, stable, canary }: RolloutPlan,
  now: ReadonlyMap<string, number>,
  keeper: Pick<LabelKeeper, 'checkMovable'>,
): Readonly<Record<string, number>> {
  keeper.checkMovable(model, STABLE);
  const other = now.get(CANARY);
  if (other !== undefined && other !== canary) {
    const message = `label '${CANARY}' of model '${model}' stands for version ${other}: move it to version ${canary}, or remove it`;
    throw new MillraceError('failed_precondition', message);
  }
  return {
    ...(now.has(STABLE) ? {} : { [STABLE]: stable }),
    ...(other === undefined ? { [CANARY]: canary } : {}),
  };
}

/** The label to be taken away at the end. */
export function ownLabelOf(given: Readonly<Record<string, number>>): string | undefined {
  return Object.hasOwn(given, CANARY) ? CANARY : undefined;
}

/** The label changes that move the bare name to the canary. */
export function promotionOf({ plan, ownLabel }: DeclaredRollout): LabelChanges {
  return { [STABLE]: plan.canary, ...(ownLabel === undefined ? {} : { [ownLabel]: null }) };
}

interface LabelParts {
  readonly labels: LabelKeeper;
  readonly events: EventBus;
}

/** Removes the label that a rollout has given. Never rejects: it does no harm. */
export async function releaseOwnLabel(
  { labels, events }: LabelParts,
  { ownLabel }: DeclaredRollout,
  { model, by }: { readonly model: string; readonly by: string },
): Promise<void> {
  if (ownLabel === undefined) return;
  await labels.change(model, { [ownLabel]: null }, { by, ofRollout: true }).catch((error: unknown) => {
    const message = `label '${ownLabel}' of model '${model}' stays: ${toMillraceError(error).message}`;
    events.publish('diagnostic', { level: 'warn', room: 'service', message });
  });
}
