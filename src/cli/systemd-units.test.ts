import { expect, it } from 'vitest';
import { createSettings, type PartialSettings } from '../config/index.js';
import { systemdUnits } from './systemd-units.js';

function units(settings: PartialSettings = {}, command: readonly string[] = ['/usr/bin/node', 'serve']) {
  const all = systemdUnits({ command, settings: createSettings(settings, '/srv'), user: 'millrace', runners: 64 });
  const { 'millrace.service': service = '', 'millrace.socket': socket = '' } = all;
  return { service, socket };
}

it('a service has the time that its settings allow it to stop, and files for all its connections', () => {
  const server = { drainDelayMs: 5_000, gracePeriodMs: 60_000, maxConnections: 50_000 };
  const { service } = units({ server, runners: { closeTimeoutMs: 5_000 } });
  expect(service).toContain('\nTimeoutStopSec=80\n');
  expect(service).toContain('\nLimitNOFILE=150484\n');
  expect(units().service).toContain('\nLimitNOFILE=65536\n');
});

it('a service sees home folders only where its models are in one, and may not write there', () => {
  expect(units().service).toContain('\nProtectHome=yes\n');
  expect(units({ repository: { paths: ['/home/ada/models'] } }).service).toContain('\nProtectHome=read-only\n');
  expect(units({ repository: { paths: ['/homes/models'] } }).service).toContain('\nProtectHome=yes\n');
});

it('words of a command line are quoted, and no specifier or variable of systemd', () => {
  const { service } = units({}, ['/usr/bin/node', '/etc/my "own"/100%/$HOME']);
  expect(service).toContain('\nExecStart=/usr/bin/node "/etc/my \\"own\\"/100%%/$$HOME"\n');
});

it('a service does not forbid memory that is written and run, which V8 needs', () => {
  expect(units().service).not.toMatch(/^MemoryDenyWriteExecute=/m);
});

it('a socket unit has each port that is fixed and switched on', () => {
  const listens = (server: PartialSettings['server']) =>
    [...units({ server, auth: { allowAnonymous: true } }).socket.matchAll(/^ListenStream=(.*)$/gm)].map(([, at]) => at);
  expect(listens({})).toEqual(['127.0.0.1:8000', '127.0.0.1:8001', '127.0.0.1:8002']);
  expect(listens({ host: '::', grpcPort: -1, metricsPort: 0, adminPort: 9000 })).toEqual(['[::]:8000', '[::]:9000']);
  expect(listens({ host: 'localhost', grpcPort: -1, metricsPort: -1 })).toEqual(['127.0.0.1:8000']);
});
