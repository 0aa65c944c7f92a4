import type { InferTarget } from '../core/index.js';
import type { Engine } from '../engine/index.js';
import { stepsOf } from '../repository/index.js';
import { chooseVersion } from '../routing/index.js';

/** Whether a version answers requests: it is ready and so is everything that it is made of. */
export function isModelReady(engine: Engine, { name, version }: InferTarget): boolean {
  const info = chooseVersion(engine.serving(name), version);
  if (info === undefined) return false;
  const ready = engine.statusesOf(name).some((known) => known.info === info && known.state.kind === 'ready');
  const steps = stepsOf(info.source) ?? [];
  return ready && steps.every((step) => isModelReady(engine, { name: step.model, version: step.version }));
}
