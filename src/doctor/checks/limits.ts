import { describeFileShortage, neededFiles, requiresCredential, type Settings } from '../../config/index.js';
import { quoteShell } from '../../text/index.js';
import { type Check, command, type Diagnosis, setting } from '../diagnosis.js';
import type { Facts } from '../facts.js';

/** A body of this share of the memory, and buffers of that share, leave too little for models. */
const BODY_SHARE = 1 / 4;
const BUFFERS_SHARE = 3 / 4;
const LONG_RECEIPT_MS = 600_000;

/** Limits that limit nothing, given what there is. */
export const checkLimits: Check = ({ settings, machine, memoryLimits }) => [
  ...checkFailedKeys(settings),
  ...checkMemory(settings, machine.memoryBytes),
  ...checkModels(memoryLimits, machine.memoryBytes),
  ...checkTimes(settings.server),
];

function checkFailedKeys(settings: Settings): readonly Diagnosis[] {
  if (settings.auth.maxFailedKeysPerMinute > 0 || !requiresCredential(settings)) return [];
  return [
    {
      id: 'failed-keys-unlimited',
      level: 'warning',
      what: 'an address may try any number of keys',
      where: ['auth', 'maxFailedKeysPerMinute'],
      fix: setting('auth: { maxFailedKeysPerMinute: 20 }'),
    },
  ];
}

function checkMemory({ server, engine, runners }: Settings, memoryBytes: number): readonly Diagnosis[] {
  const memory = `the memory of ${inMebibytes(memoryBytes)}`;
  const share = (part: number) => Math.floor(memoryBytes * part);
  const buffers = server.maxBufferedBytes + engine.maxInFlightBytes + engine.responseCacheBytes;
  return [
    ...(server.maxInputBytes > share(BODY_SHARE)
      ? [
          {
            id: 'requests-too-large',
            level: 'warning',
            what: `a single request may take ${inMebibytes(server.maxInputBytes)}, more than a quarter of ${memory}`,
            where: ['server', 'maxInputBytes'],
            fix: setting('server: { maxInputBytes: 67108864 }'),
          } as const,
        ]
      : []),
    ...(buffers > share(BUFFERS_SHARE)
      ? [
          {
            id: 'buffers-too-large',
            level: 'warning',
            what: `requests, answers and the response cache may take ${inMebibytes(buffers)}, more than three quarters of ${memory}`,
            where: ['server', 'maxBufferedBytes'],
            fix: setting(
              `server: { maxBufferedBytes: ${share(1 / 8)} }\nengine: { maxInFlightBytes: ${share(1 / 8)} }`,
            ),
          } as const,
        ]
      : []),
    ...(runners.maxRssBytes > memoryBytes
      ? [
          {
            id: 'runners-too-large',
            level: 'warning',
            what: `a runner may grow to ${inMebibytes(runners.maxRssBytes)}, more than ${memory}: the system ends processes before the server does`,
            where: ['runners', 'maxRssBytes'],
            fix: setting(`runners: { maxRssBytes: ${share(1 / 2)} }`),
          } as const,
        ]
      : []),
  ];
}

/** Limits that follow the files of models. */
function checkModels(limits: Facts['memoryLimits'], memoryBytes: number): readonly Diagnosis[] {
  return limits.flatMap(({ model, version, source, bytes, estimate }): readonly Diagnosis[] => {
    const name = `${model}/${version}`;
    const fix = command(`millrace models show ${quoteShell(model)}`);
    switch (source) {
      case 'files': {
        const what = `the runner of model '${name}' may use ${inMebibytes(bytes)}, as much as its files may need`;
        return [{ id: 'runner-limit-by-files', level: 'note', what, where: name, fix }];
      }
      case 'machine': {
        const what = `the runner of model '${name}' may need ${inMebibytes(estimate)}, more than the memory of ${inMebibytes(memoryBytes)}`;
        return [{ id: 'model-too-large', level: 'warning', what, where: name, fix }];
      }
      default:
        return [];
    }
  });
}

function checkTimes(server: Settings['server']): readonly Diagnosis[] {
  return (['headersTimeoutMs', 'receiveTimeoutMs', 'sendTimeoutMs'] as const)
    .filter((name) => server[name] > LONG_RECEIPT_MS)
    .map((name) => ({
      id: 'slow-clients',
      level: 'warning',
      what: `a client may hold a connection for ${Math.round(server[name] / 60_000)} minutes without sending or taking anything`,
      where: ['server', name],
      fix: setting(`server: { ${name}: 60000 }`),
    }));
}

function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}

/** Whether the system lets the server open as many files as its connections and runners may need. */
export const checkOpenFiles: Check = ({ settings, machine: { openFiles }, runners }) => {
  if (openFiles === undefined) return [];
  const what = describeFileShortage(openFiles, settings, runners);
  if (what === undefined) return [];
  const fix = command(`ulimit -n ${neededFiles(settings, runners)}`);
  return [{ id: 'open-files', level: 'warning', what, where: ['server', 'maxConnections'], fix }];
};
