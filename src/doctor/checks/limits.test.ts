import { expect, it } from 'vitest';
import { factsWith, found, GIBIBYTE, GOOD_KEY } from '../../../test/support/doctor-facts.js';
import { checkLimits, checkOpenFiles } from './limits.js';

const { machine } = factsWith();

it('limits are fine as they are, on a large machine and on a small one', () => {
  expect(found(checkLimits, {})).toEqual([]);
  const small = {
    server: { maxBufferedBytes: GIBIBYTE / 8 },
    engine: { maxInFlightBytes: GIBIBYTE / 8 },
    runners: { maxRssBytes: GIBIBYTE / 2 },
  };
  expect(found(checkLimits, { settings: small, machine: { ...machine, memoryBytes: GIBIBYTE } })).toEqual([]);
  // Without keys there is nothing to guess.
  expect(found(checkLimits, { settings: { auth: { maxFailedKeysPerMinute: 0 } } })).toEqual([]);
});

it.each([
  [
    { auth: { maxFailedKeysPerMinute: 0, keys: [{ name: 'a', key: GOOD_KEY, scopes: [] }] } },
    'warning failed-keys-unlimited auth.maxFailedKeysPerMinute: an address may try any number of keys → auth: { maxFailedKeysPerMinute: 20 }',
  ],
  [
    { server: { maxInputBytes: 17 * GIBIBYTE } },
    'warning requests-too-large server.maxInputBytes: a single request may take 17408 MiB, more than a quarter of the memory of 65536 MiB → server: { maxInputBytes: 67108864 }',
  ],
  [
    { server: { maxBufferedBytes: 48 * GIBIBYTE } },
    'warning buffers-too-large server.maxBufferedBytes: requests, answers and the response cache may take 50240 MiB, more than three quarters of the memory of 65536 MiB → server: { maxBufferedBytes: 8589934592 }\nengine: { maxInFlightBytes: 8589934592 }',
  ],
  [
    { runners: { maxRssBytes: 65 * GIBIBYTE } },
    'warning runners-too-large runners.maxRssBytes: a runner may grow to 66560 MiB, more than the memory of 65536 MiB: the system ends processes before the server does → runners: { maxRssBytes: 34359738368 }',
  ],
  [
    { server: { headersTimeoutMs: 3_600_000 } },
    'warning slow-clients server.headersTimeoutMs: a client may hold a connection for 60 minutes without sending or taking anything → server: { headersTimeoutMs: 60000 }',
  ],
])('tells limits that limit nothing: %j', (settings, expected) => {
  const base = {
    server: { maxBufferedBytes: GIBIBYTE },
    engine: { maxInFlightBytes: GIBIBYTE, responseCacheBytes: 67_108_864 },
  };
  const given = { ...base, ...settings, server: { ...base.server, ...('server' in settings ? settings.server : {}) } };
  expect(found(checkLimits, { settings: given })).toEqual([expected]);
});

it('tells the limits of runners that follow the files of their models, and of which the machine is too small', () => {
  const limit = { model: 'chat', version: 1, bytes: 16 * GIBIBYTE, estimate: 16 * GIBIBYTE } as const;
  const limits = [
    { ...limit, source: 'files' },
    { ...limit, version: 2, source: 'machine', estimate: 80 * GIBIBYTE },
    { ...limit, version: 3, source: 'default' },
    { ...limit, version: 4, source: 'model' },
    { ...limit, version: 5, source: 'server' },
  ] as const;
  expect(found(checkLimits, { memoryLimits: limits })).toEqual([
    "note runner-limit-by-files chat/1: the runner of model 'chat/1' may use 16384 MiB, as much as its files may need → millrace models show chat",
    "warning model-too-large chat/2: the runner of model 'chat/2' may need 81920 MiB, more than the memory of 65536 MiB → millrace models show chat",
  ]);
});

it('tells a limit on open files that is too low', () => {
  const settings = { server: { maxConnections: 1_000 } };
  const withFiles = (openFiles: number | undefined) =>
    found(checkOpenFiles, { settings, runners: 2, machine: { ...machine, openFiles } });
  expect(withFiles(3_112)).toEqual([]);
  expect(withFiles(undefined)).toEqual([]);
  expect(withFiles(1_024)).toEqual([
    'warning open-files server.maxConnections: the limit on open files (ulimit -n) is 1024, but server.maxConnections (1000) on each of 3 listeners and 2 runners may need 3112: raise the limit or lower server.maxConnections → ulimit -n 3112',
  ]);
});
