import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { type Layer, treeOf } from './layer.js';
import { type Settings, SettingsSchema } from './schema.js';
import { settingKeys } from './shape.js';

/** Bytes that this process may use: of the machine, or of the control group (container) that it is in. */
export function availableMemoryBytes(): number {
  // 0 or more than there is = no limit.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** What there is of what limits are limits of. */
export interface Machine {
  readonly memoryBytes: number;
  /** Files that this process may have open; undefined = unknown, or any number. */
  readonly openFiles: number | undefined;
}

export function thisMachine(): Machine {
  return { memoryBytes: availableMemoryBytes(), openFiles: maxOpenFiles() };
}

/** The defaults of limits where the machine is too small for those in the schema (`x-memory-share`, `x-open-files-share`). */
export function machineLayer({ memoryBytes, openFiles = Number.POSITIVE_INFINITY }: Machine, folder: string): Layer {
  const values = settingKeys(SettingsSchema).flatMap(({ path, schema }) => {
    const limits = [limitOf(schema['x-memory-share'], memoryBytes), limitOf(schema['x-open-files-share'], openFiles)];
    const least = Math.min(...limits);
    return least === Number.POSITIVE_INFINITY ? [] : [{ path, value: Math.min(schema.default, least) }];
  });
  return { tree: treeOf(values), folder, locate: () => '' };
}

function limitOf(share: number | undefined, total: number): number {
  return share === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(total * share));
}

/** Files that this process may have open; undefined where the system does not say it in the way of Linux. */
export function maxOpenFiles(): number | undefined {
  try {
    const [, limit] = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined || limit === 'unlimited' ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

/** Pipes of a runner, and the shared segment. */
const FILES_PER_RUNNER = 6;
/** Libraries, logs, model files that are being read. */
const OWN_FILES = 100;

/** Files that a server with so many runners may have open at a time. */
export function neededFiles({ server }: Pick<Settings, 'server'>, runners: number): number {
  return listenersOf(server) * server.maxConnections + runners * FILES_PER_RUNNER + OWN_FILES;
}

function listenersOf({ httpSocket, grpcSocket, ...server }: Settings['server']): number {
  const ports = 1 + [server.grpcPort, server.metricsPort, server.adminPort].filter((port) => port >= 0).length;
  return ports + [httpSocket, grpcSocket].filter((path) => path !== '').length;
}

/** What is wrong with a limit on open files that holds less than what the settings allow; undefined = nothing. */
export function describeFileShortage(
  limit: number,
  { server }: Pick<Settings, 'server'>,
  runners: number,
): string | undefined {
  const needed = neededFiles({ server }, runners);
  if (needed <= limit) return undefined;
  return (
    `the limit on open files (ulimit -n) is ${limit}, but server.maxConnections (${server.maxConnections}) on each of ` +
    `${listenersOf(server)} listeners and ${runners} runners may need ${needed}: raise the limit or lower server.maxConnections`
  );
}
