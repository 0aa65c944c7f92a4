import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OWN_BUILD } from './builds.js';
import { type RepositoryEntry, writeRepository } from './models.js';
import { inRoot } from './paths.js';
import { type RunningServer, type ServerCommand, startAnnounced } from './server-process.js';

/** A control of `bench/controls`, by the name of its file. */
export function startControl(name: 'echo' | 'net-echo' | 'echo-http2'): Promise<RunningServer> {
  return startAnnounced({ command: process.execPath, args: [inRoot(`bench/controls/${name}.mjs`)] });
}

const READY_LIMIT_MS = 120_000;
const READY_INTERVAL_MS = 10;

export interface MillraceOptions {
  readonly models: readonly RepositoryEntry[];
  /** Lines of a `millrace.yaml`; none = the default configuration. */
  readonly config?: readonly string[];
  /** The `cli/main.js` of the build to start; this repository's, if not set. */
  readonly entry?: string | undefined;
  /** Flags for node itself, such as a profiler's. */
  readonly nodeArgs?: readonly string[];
}

/** millrace as a user starts it, on a folder of models and with free ports. */
export async function startMillrace(options: MillraceOptions): Promise<RunningServer> {
  const prepared = prepareMillrace(options);
  const startedAt = performance.now();
  const server = await startAnnounced(prepared.commandFor(0)).catch((error: unknown) => {
    prepared.remove();
    throw error;
  });
  // It serves before its models are loaded.
  await untilReady(server);
  return {
    ...server,
    startMs: performance.now() - startedAt,
    async stop() {
      await server.stop();
      prepared.remove();
    },
  };
}

async function untilReady(server: RunningServer): Promise<void> {
  const giveUpAt = performance.now() + READY_LIMIT_MS;
  while (!(await fetch(`${server.url}/v2/health/ready`)).ok) {
    if (performance.now() > giveUpAt) {
      await server.stop();
      throw new Error('millrace did not get ready in time');
    }
    await sleep(READY_INTERVAL_MS);
  }
}

/** Everything that starting takes but the start, for those who time it. */
export function prepareMillrace({ models, config, entry = OWN_BUILD, nodeArgs = [] }: MillraceOptions): {
  readonly commandFor: (httpPort: number) => ServerCommand;
  readonly remove: () => void;
} {
  const repository = writeRepository(models);
  const settings = mkdtempSync(path.join(tmpdir(), 'millrace-bench-config-'));
  const configFile = path.join(settings, 'millrace.yaml');
  writeFileSync(configFile, `${(config ?? []).join('\n')}\n`);
  const flags = [
    '--metrics-port',
    '0',
    '--grpc-port',
    '0',
    '--json',
    ...(config === undefined ? [] : ['--config', configFile]),
  ];
  return {
    commandFor: (httpPort) => ({
      command: process.execPath,
      args: [...nodeArgs, entry, 'serve', repository, '--http-port', String(httpPort), ...flags],
      // Nothing of the folder that the benchmark is started in shall count.
      cwd: settings,
    }),
    remove() {
      rmSync(repository, { recursive: true, force: true });
      rmSync(settings, { recursive: true, force: true });
    },
  };
}
