import { expect, it } from 'vitest';
import { createSettings, defaultSettings } from './load.js';
import { availableMemoryBytes, describeFileShortage, maxOpenFiles, memoryLayer } from './machine.js';

const GIB = 1_073_741_824;

it('limits in bytes have their defaults where there is memory enough', () => {
  const { engine, runners, server } = defaultSettings();
  expect(memoryLayer(64 * GIB, '/').tree).toEqual({
    engine: { maxInFlightBytes: engine.maxInFlightBytes, responseCacheBytes: engine.responseCacheBytes },
    runners: { maxRssBytes: runners.maxRssBytes },
    server: { maxBufferedBytes: server.maxBufferedBytes },
  });
});

it('limits in bytes are shares of a memory that is smaller', () => {
  expect(memoryLayer(GIB, '/').tree).toEqual({
    engine: { maxInFlightBytes: GIB / 8, responseCacheBytes: GIB / 32 },
    runners: { maxRssBytes: GIB / 2 },
    server: { maxBufferedBytes: GIB / 8 },
  });
});

it('what is configured is taken as it is, whatever the memory', () => {
  const huge = 2 ** 50;
  expect(createSettings({ engine: { maxInFlightBytes: huge } }).engine.maxInFlightBytes).toBe(huge);
});

it('the memory of this machine, or of its container, is known', () => {
  expect(availableMemoryBytes()).toBeGreaterThan(64 * 1_048_576);
});

it('a limit on open files that holds less than the settings allow is told', () => {
  const settings = createSettings({ server: { maxConnections: 1_000, httpSocket: '/tmp/s', metricsPort: -1 } });
  expect(describeFileShortage(3_112, settings, 2)).toBeUndefined();
  expect(describeFileShortage(3_111, settings, 2)).toBe(
    'the limit on open files (ulimit -n) is 3111, but server.maxConnections (1000) on each of 3 listeners and 2 runners ' +
      'may need 3112: raise the limit or lower server.maxConnections',
  );
  expect(maxOpenFiles() ?? 1).toBeGreaterThan(0);
});
