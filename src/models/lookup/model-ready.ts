import { type InferTarget, MillraceError } from '../../core/index.js';
import { stepsOf } from '../../repository/index.js';
import { chooseVersion } from '../../routing/index.js';
import { type VersionLookup, withoutLabel } from './find-version.js';

/** Whether a version answers requests: it is ready and so is everything that it is made of. */
export function isModelReady(lookup: Pick<VersionLookup, 'engine' | 'labels'>, wanted: InferTarget): boolean {
  const { engine } = lookup;
  const target = targetOf(lookup, wanted);
  if (target === undefined) return false;
  const { name, version } = target;
  const info = chooseVersion(engine.serving(name), version);
  if (info === undefined) return false;
  const ready = engine.statusesOf(name).some((known) => known.info === info && known.state.kind === 'ready');
  const steps = stepsOf(info.source) ?? [];
  return ready && steps.every((step) => isModelReady(lookup, { name: step.model, version: step.version }));
}

/** undefined = there is no such label. */
function targetOf(lookup: Pick<VersionLookup, 'engine' | 'labels'>, wanted: InferTarget): InferTarget | undefined {
  try {
    return withoutLabel(lookup, wanted);
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'not_found') return undefined;
    throw error;
  }
}
