import { type CliProcess, FREE_PORTS, startCli } from './cli-process.js';
import { echoModel } from './control-fixture.js';
import type { FolderContents } from './model-folder.js';
import { until } from './until.js';

/** Code of a model that answers `x` times, a few milliseconds apart, in a process of its own. */
const COUNTING_MODEL = `import { setTimeout as pause } from 'node:timers/promises';
import { answer, defineModel } from 'millrace/model';

export default defineModel({
  inputs: { x: 'INT32[1]' },
  outputs: { round: 'INT32[1]' },
  async *infer({ inputs }) {
    for (let round = 1; round <= inputs.x.value; round++) {
      await pause(5);
      yield answer({ round });
    }
  },
});
`;

/** May do everything in servers whose settings list it. */
export const UPGRADE_KEY = 'ops-key-0123456789';

/** Models with one answer (\`echo\`) and many (\`counting\`). */
export const UPGRADE_MODELS: FolderContents = {
  'models/echo/model.yaml': echoModel(),
  'models/echo/1/': '',
  'models/counting/1/model.js': COUNTING_MODEL,
};

/** A server of `millrace serve` and the processes that take its place. */
export interface UpgradableServer extends AsyncDisposable {
  readonly http: string;
  readonly grpc: string;
  readonly metrics: string;
  /** The process that was started first. */
  readonly cli: CliProcess;
  /** The process that serves now. */
  pid(): number;
  /** Sends SIGUSR2. */
  signal(): void;
  /** Resolves with the process that has taken over, once it says so. */
  upgraded(): Promise<number>;
  /** All that was logged. */
  log(): string;
}

export async function startUpgradable(cwd: string, ...flags: readonly string[]): Promise<UpgradableServer> {
  const cli = startCli(['serve', ...FREE_PORTS, '--json', ...flags], { cwd });
  const { http, grpc, metrics, pid } = await cli.nextEvent();
  await cli.nextEvent();
  const pids = [Number(pid)];
  return {
    http: String(http),
    grpc: String(grpc),
    metrics: String(metrics),
    cli,
    pid: () => pids.at(-1) ?? 0,
    signal: () => void process.kill(pids.at(-1) ?? 0, 'SIGUSR2'),
    async upgraded() {
      // The outputs of both processes are the same, and in any order.
      const missing = new Set(['upgraded', 'listening', 'ready']);
      while (missing.size > 0) {
        const event = await cli.nextEvent();
        missing.delete(String(event.event));
        if (event.event === 'upgraded') pids.push(Number(event.pid));
      }
      return pids.at(-1) ?? 0;
    },
    log: () => cli.written().err,
    async [Symbol.asyncDispose]() {
      for (const each of pids.filter(isRunning)) process.kill(each, 'SIGKILL');
      await cli[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when a process has ended. */
export function processEnded(pid: number): Promise<void> {
  return until(`process ${pid} has ended`, () => !isRunning(pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
