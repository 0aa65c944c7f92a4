import { describeFileShortage, maxOpenFiles, type Settings } from './config/index.js';
import { type Clock, type EventBus, isOwnModel } from './core/index.js';
import type { Engine, ModelInfo } from './engine/index.js';
import type { Identities } from './identities.js';
import type { KeptRepository } from './service/index.js';
import type { Store } from './store/index.js';
import { MANIFEST } from './version.js';

interface Examined {
  readonly settings: Settings;
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: Clock;
  readonly identities: Identities;
  readonly kept: readonly KeptRepository[];
}

/** Problems of a running server. The room `doctor` is loaded on the first request for them. */
export async function examine({ engine, identities, ...parts }: Examined) {
  const { examineServer } = await import('./doctor/index.js');
  const models = engine.statuses().map(({ name }) => name);
  const { access } = identities.keys.policy;
  const memoryLimits = engine.gauges().flatMap(({ ref, instances }) => {
    const limit = instances.find(({ memoryLimit }) => memoryLimit !== undefined)?.memoryLimit;
    return limit === undefined || isOwnModel(ref.name) ? [] : [{ model: ref.name, version: ref.version, ...limit }];
  });
  return examineServer({
    ...parts,
    manifest: MANIFEST,
    runners: countRunners(engine),
    memoryLimits,
    models,
    access,
  });
}

function countRunners(engine: Engine): number {
  const runnersOf = ({ placement, instances, source }: ModelInfo) =>
    (placement === 'process' ? instances : 0) + (source.manifest.prepares === true ? 1 : 0);
  return engine.statuses().reduce((sum, { info }) => sum + (info === undefined ? 0 : runnersOf(info)), 0);
}

export function warnOfFileShortage(engine: Engine, settings: Settings, events: EventBus): void {
  const limit = maxOpenFiles();
  if (limit === undefined) return;
  const message = describeFileShortage(limit, settings, countRunners(engine));
  if (message !== undefined) events.publish('diagnostic', { level: 'warn', room: 'app', message });
}
