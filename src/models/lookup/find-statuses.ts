import type { InferTarget, ModelState } from '../../core/index.js';
import type { ModelStatus } from '../../engine/index.js';
import { explainTarget, type VersionLookup, withoutLabel } from './find-version.js';

/**
 * Every version of a model, ready or not, or the one that a target names by number or label. Throws why there is none. Without reasons,
 * those of failures only say where they are.
 */
export function findStatuses(
  lookup: VersionLookup,
  wanted: InferTarget,
  { withReasons }: { readonly withReasons: boolean },
): readonly ModelStatus[] {
  const { engine } = lookup;
  const named = withoutLabel(lookup, wanted);
  // A bare name means all versions, whatever label stands for it.
  const target = wanted.version === undefined && named.name === wanted.name ? wanted : named;
  const statuses = engine.statusesOf(target.name);
  const found = statuses.filter(
    // There is no version 0: it stands for a model of which none was found.
    ({ version }) => version > 0 && (target.version === undefined || version === target.version),
  );
  if (found.length === 0) throw explainTarget(lookup, target);
  return withReasons ? found : found.map((status) => ({ ...status, state: withoutReason(status.state) }));
}

function withoutReason(state: ModelState): ModelState {
  return 'reason' in state ? { ...state, reason: 'the repository index has the reason' } : state;
}
