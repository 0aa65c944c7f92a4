import type { InferTarget } from '../core/index.js';
import type { Engine, ModelInfo } from '../engine/index.js';
import { chooseVersion } from '../routing/index.js';
import { explainAbsence } from './absence.js';

/** The version that answers for a requested model. Throws why there is none; `starting`: models are still being found. */
export function findVersion(engine: Engine, wanted: InferTarget, starting: () => boolean): ModelInfo {
  const info = chooseVersion(engine.serving(wanted.name), wanted.version);
  if (info !== undefined) return info;
  throw explainAbsence(wanted, { statuses: engine.statusesOf(wanted.name), starting: starting() });
}
