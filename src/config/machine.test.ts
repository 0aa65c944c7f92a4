import { expect, it } from 'vitest';
import { createSettings, defaultSettings } from './load.js';
import { availableMemoryBytes, describeFileShortage, machineLayer, maxOpenFiles } from './machine.js';

const GIB = 1_073_741_824;

it('limits in bytes have their defaults where there is memory enough', () => {
  const { engine, media, server } = defaultSettings();
  expect(machineLayer({ memoryBytes: 64 * GIB, openFiles: undefined }, '/').tree).toEqual({
    engine: { maxInFlightBytes: engine.maxInFlightBytes, responseCacheBytes: engine.responseCacheBytes },
    media: { maxRssBytes: media.maxRssBytes },
    server: { maxBufferedBytes: server.maxBufferedBytes },
  });
});

it('limits in bytes are shares of a memory that is smaller', () => {
  expect(machineLayer({ memoryBytes: GIB, openFiles: undefined }, '/').tree).toEqual({
    engine: { maxInFlightBytes: GIB / 8, responseCacheBytes: GIB / 32 },
    media: { maxRssBytes: GIB / 4 },
    server: { maxBufferedBytes: GIB / 8 },
  });
});

it.each([
  [1_024, 256],
  [20_000, 5_000],
  [1_048_576, 10_000],
])('of %d open files, a port may have %d connections by default', (openFiles, maxConnections) => {
  const { server } = machineLayer({ memoryBytes: GIB, openFiles }, '/').tree as {
    readonly server: Record<string, number>;
  };
  expect(server.maxConnections).toBe(maxConnections);
  const settings = createSettings({ server: { maxConnections: server.maxConnections } });
  expect(describeFileShortage(openFiles, settings, 16)).toBeUndefined();
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
