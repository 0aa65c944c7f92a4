import { sharingNext } from './async/index.js';
import { type Settings, WatchedSettings } from './config/index.js';
import { Call, type Clock, type EventBus } from './core/index.js';
import { AccessPolicy } from './governance/index.js';
import type { Server } from './server/index.js';
import { type ChangeSettings, joinReloads, type ReloadResult } from './service/index.js';

interface ReloadsSetup {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly changeSettings: ChangeSettings;
  readonly server: Pick<Server, 'reloadTls'>;
}

/** Settings, keys and certificates, which follow their files from now on. */
export function openReloads(settings: Settings, { clock, events, changeSettings, server }: ReloadsSetup) {
  const watched = new WatchedSettings(settings, {
    clock,
    events,
    onChange: (next, file) => changeSettings(callOf(file, clock), next, file),
  });
  watched.watch();
  const readAll = sharingNext(async () => joinReloads(await Promise.all([watched.reload(), server.reloadTls()])));
  return {
    /** Reads all of them now. `by`: who asks, for the log. Never rejects. */
    async reload(by: string): Promise<ReloadResult> {
      const result = await readAll();
      const level = result.problems.length > 0 ? 'warn' : 'info';
      events.publish('diagnostic', { level, room: 'app', message: `reload by ${by}: ${summaryOf(result)}` });
      return result;
    },
    close: () => watched.close(),
  };
}

/** One line for the log, which has had the problems. */
function summaryOf({ changed, needsRestart, problems }: ReloadResult): string {
  const names = changed.map(({ setting }) => setting).join(', ');
  const parts = [
    names === '' ? 'nothing changed' : `${names} changed`,
    ...(needsRestart.length > 0 ? [`${needsRestart.join(', ')} will take effect at the next start`] : []),
    ...(problems.length > 0 ? [`${problems.length} not usable`] : []),
  ];
  return parts.join('; ');
}

/** The principal of a change is the file: the server does not know who wrote it. */
function callOf(file: string, clock: Clock): Call {
  const principal = new AccessPolicy().principalOf({ kind: 'file', name: `file:${file}`, grants: [{ role: 'admin' }] });
  return Call.of(principal, { receivedAt: clock.now() });
}
