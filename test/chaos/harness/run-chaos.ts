import { setTimeout as pause } from 'node:timers/promises';
import { FREE_PORTS, startCli } from '../../support/cli-process.js';
import { createTempFolder } from '../../support/model-folder.js';
import { Random } from '../../support/random.js';
import { explain } from './explain.js';
import { type Failure, Journal } from './journal.js';
import { runLane } from './lane.js';
import { HANGING, HEALTHY, initialRepository } from './models.js';
import { countDescriptors, listRunners, runnerLabel } from './processes.js';
import { killRunners, swapVersions } from './trouble.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly swaps: number;
  readonly clients: number;
}

/** What is left to judge when everything is over. */
export interface ChaosReport {
  readonly journal: Journal;
  /** Requests without any outcome. */
  readonly lost: number;
  readonly unexplained: readonly Failure[];
  /** Failures by cause. */
  readonly explained: Readonly<Record<string, number>>;
  readonly descriptors: { readonly before: number; readonly after: number };
  /** Lines of the log that tell of a fault of the server itself. */
  readonly faults: readonly string[];
  readonly exit: number | string;
  /** Runners that outlived the server. */
  readonly orphans: readonly string[];
}

const SETTLE_LIMIT_MS = 60_000;
const FAULT = /failed unexpectedly|could not be handled|a listener of|Unhandled|Uncaught/;

/** Loads a real server with everything that can happen to it, stops it under load, and reports. */
export async function runChaos({ seed, durationMs, swaps, clients }: ChaosOptions): Promise<ChaosReport> {
  const random = new Random(seed);
  const journal = new Journal();
  await using folder = await createTempFolder(initialRepository());
  await using cli = startCli([
    ...['serve', folder.path, '--json', ...FREE_PORTS],
    ...['--model-control-mode', 'explicit', '--load-model', '*'],
  ]);
  const { http } = await cli.nextEvent();
  for (const { name } of [...HEALTHY, HANGING]) journal.begin({ model: name, version: 1, build: 1, from: 0 });
  await cli.nextEvent();

  const port = Number(new URL(String(http)).port);
  const serverPid = cli.child.pid ?? 0;
  const seen = new Map<number, string>();
  const load = (stopped: () => boolean, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        runLane({
          ...{ port, random: random.fork(), journal, index, stopped },
          meetsHanging: index % 8 === 0,
        }),
      ),
    );
  const describe = () => ({ descriptors: countDescriptors(serverPid), runners: listRunners(serverPid).length });

  // The first requests open what is opened once.
  const startedAt = performance.now();
  await load(() => performance.now() > startedAt + 500, 4);
  const before = await settled(describe, ({ runners }) => runners === 4);

  let over = false;
  const trouble = { serverPid, port, folder, random: random.fork(), journal, seen, stopped: () => over };
  const running = [load(() => over, clients), killRunners({ ...trouble, random: random.fork() })];
  await Promise.all([swapVersions(trouble, swaps, durationMs), pause(durationMs)]).finally(() => {
    over = true;
  });
  await Promise.all(running);
  const after = await settled(
    describe,
    ({ descriptors, runners }) => descriptors <= before.descriptors && runners === before.runners,
  );

  let last = false;
  const farewell = load(() => last, clients);
  await pause(Math.min(1_500, durationMs / 4));
  for (const { pid, label } of listRunners(serverPid)) seen.set(pid, label);
  journal.stoppedAt = performance.now();
  cli.child.kill('SIGTERM');
  const { exit, err } = await cli.ended;
  last = true;
  await farewell;

  return {
    ...judge(journal),
    descriptors: { before: before.descriptors, after: after.descriptors },
    faults: err.split('\n').filter((line) => FAULT.test(line)),
    exit,
    orphans: [...seen].filter(([pid, label]) => runnerLabel(pid) === label).map(([pid, label]) => `${pid} ${label}`),
    journal,
  };
}

function judge(journal: Journal): Pick<ChaosReport, 'lost' | 'unexplained' | 'explained'> {
  const unexplained: Failure[] = [];
  const explained: Record<string, number> = {};
  for (const failure of journal.failures) {
    const cause = explain(failure, journal);
    if (cause === undefined) unexplained.push(failure);
    else explained[cause] = (explained[cause] ?? 0) + 1;
  }
  let lost = -journal.failures.length - journal.wrong.length;
  for (const { sent, right, left } of journal.counts.values()) lost += sent - right - left;
  return { lost, unexplained, explained };
}

/** Looks until what is seen is as wanted, or for a minute; returns the last look. */
async function settled<Seen>(look: () => Seen, wanted: (seen: Seen) => boolean): Promise<Seen> {
  for (const giveUpAt = performance.now() + SETTLE_LIMIT_MS; ; await pause(100)) {
    const seen = look();
    if (wanted(seen) || performance.now() > giveUpAt) return seen;
  }
}
