import { type EventBus, messageOf } from '../core/index.js';
import { Notifier, openNotifySocket, readWatchdog } from '../systemd/index.js';
import type { ServingReport } from './format/serving.js';
import type { Io } from './io.js';

/** What a server says to the service manager that has started it; all of it does nothing where there is none. */
export interface ServiceManager {
  /** All models have loaded or failed. */
  ready(report: Pick<ServingReport, 'served' | 'unserved'>): void;
  reloading(reload: () => Promise<unknown>): Promise<void>;
  stopping(): void;
  /** Process `pid` is the service from now on. */
  handedOver(pid: number): void;
  close(): void;
}

const NO_MANAGER: ServiceManager = {
  ready: () => undefined,
  reloading: async (reload) => void (await reload()),
  stopping: () => undefined,
  handedOver: () => undefined,
  close: () => undefined,
};

/**
 * Tells systemd (`NOTIFY_SOCKET`) about this server, and that its event loop turns (`WATCHDOG_USEC`). Where that cannot be, the log says why
 * and the server goes on: systemd ends it when it had to hear of it.
 */
export async function openServiceManager(io: Io, events: EventBus): Promise<ServiceManager> {
  const warn = (error: unknown) => {
    const message = `the service manager hears nothing: ${messageOf(error)}`;
    events.publish('diagnostic', { level: 'warn', room: 'app', message });
  };
  const env = await io.environment();
  const notifier = await openNotifySocket(env)
    .then((send) => {
      if (send === undefined) return undefined;
      const watchdogUsec = readWatchdog(env, process.pid);
      const monotonicUsec = () => process.hrtime.bigint() / 1_000n;
      return new Notifier({ send, clock: io.clock, pid: process.pid, watchdogUsec, monotonicUsec, onFailure: warn });
    })
    .catch(warn);
  if (notifier === undefined) return NO_MANAGER;
  notifier.starting('loading models');
  return {
    ready({ served, unserved }) {
      const failed = unserved.length === 0 ? '' : `, ${unserved.length} not served`;
      notifier.ready(`${served.length} served${failed}`);
    },
    reloading: (reload) => notifier.reloading(reload),
    stopping: () => notifier.stopping('accepted requests finish'),
    handedOver: (pid) => notifier.handedOver(pid),
    close: () => notifier.close(),
  };
}
