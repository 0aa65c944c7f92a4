import { readFile } from 'node:fs/promises';
import type { App } from '../app.js';
import { type EventBus, messageOf } from '../core/index.js';
import { readProcessStates } from '../runtimes/index.js';
import { memoryRefusal, startSuccessor, type Upgraded, Upgrader } from '../upgrade/index.js';
import { reportServing, runnersOf } from './format/serving.js';
import type { Io } from './io.js';
import type { ServiceManager } from './service-manager.js';

/** A server that upgrades may replace. */
export interface Upgradable {
  readonly events: EventBus;
  readonly manager: ServiceManager;
  /** The server; called once there is one. */
  readonly app: () => App;
}

/** Upgrades of the server of this process. */
export interface Upgrades {
  /** `by`: who asks, for the log. */
  upgrade(by: string): Promise<Upgraded>;
  /** Resolves once another process serves, with that. */
  readonly handedOver: Promise<Upgraded>;
  /** This server stops. Resolves when no new process is on its way. */
  close(): Promise<void>;
}

export function openUpgrades(io: Io, { events, manager, app }: Upgradable): Upgrades {
  let hearOf = (_: Upgraded): void => undefined;
  const handedOver = new Promise<Upgraded>((resolve) => {
    hearOf = resolve;
  });
  const upgrader = new Upgrader({
    clock: io.clock,
    events,
    refusal: () => refusalOf(app()),
    sockets: () => app().sockets(),
    served: () => servedBy(app()),
    start: async () => startSuccessor(await io.environment()),
    onTakenOver(upgraded) {
      manager.handedOver(upgraded.pid);
      hearOf(upgraded);
    },
  });
  return { upgrade: (by) => upgrader.upgrade(by), handedOver, close: () => upgrader.close() };
}

/** Names of the models that answer. */
function servedBy({ engine }: App): readonly string[] {
  return reportServing(engine.statuses(), engine.gauges(), () => 0).served.map(({ info }) => info.ref.name);
}

/** Why this process cannot be replaced; undefined = it can. */
async function refusalOf({ engine }: App): Promise<string | undefined> {
  if (process.platform === 'win32') return 'upgrades need a system with UNIX signals and descriptors';
  if (process.pid === 1) {
    return 'this server is process 1: its container ends with it. Replace the container instead, with an overlap (docs/deployment.md)';
  }
  const runners = runnersOf(engine.statuses(), engine.gauges());
  const states = await readProcessStates([process.pid, ...runners]);
  const heldBytes = [...states.values()].reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  return memoryRefusal({ heldBytes, availableBytes: process.availableMemory() + (await reclaimableBytes()) });
}

/** Of the control group (v2): caches of files, which Node counts as used. */
async function reclaimableBytes(): Promise<number> {
  if (process.constrainedMemory() === 0) return 0;
  try {
    const group = /^0::(.*)$/m.exec(await readFile('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    const stat = await readFile(`/sys/fs/cgroup${group}/memory.stat`, 'utf8');
    return Number(/^inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The reasons of an upgrade that has failed are in the log. */
export function upgradeOnSignal(io: Io, upgrades: Pick<Upgrades, 'upgrade'>): () => void {
  return io.onUpgrade(() => void upgrades.upgrade('SIGUSR2').catch((error: unknown) => messageOf(error)));
}
