import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FREE_PORTS, startCli } from '../../support/cli-process.js';
import { closeGrpcServers } from '../../support/grpc-server.js';
import { createTempFolder } from '../../support/model-folder.js';
import { Random } from '../../support/random.js';
import { DIALECT_SETTINGS, FOREIGN, KSERVE, OIP } from './dialects.js';
import { explain } from './explain.js';
import { freezePeers } from './freeze-peers.js';
import { runGrpcStreams } from './grpc-streams.js';
import { runHttpStreams } from './http-streams.js';
import { type Failure, Journal } from './journal.js';
import { runLane } from './lane.js';
import { HANGING, HEALTHY, initialRepository } from './models.js';
import { countDescriptors, listRunners, runnerLabel } from './processes.js';
import { runSequences } from './sequences.js';
import { COUNTING, SUMMING } from './stateful-models.js';
import { COUNTS_TIMERS, countTimers } from './timers.js';
import { killRunners, reconfigure, swapVersions } from './trouble.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly swaps: number;
  readonly clients: number;
  readonly mode: 'explicit' | 'poll';
}

/** What is left to judge when everything is over. */
export interface ChaosReport {
  readonly journal: Journal;
  /** Requests without any outcome. */
  readonly lost: number;
  readonly unexplained: readonly Failure[];
  /** Failures by cause. */
  readonly explained: Readonly<Record<string, number>>;
  /** What is there after the trouble that was not there before it. */
  readonly leaked: { readonly descriptors: number; readonly runners: number; readonly timers: number };
  /** The server and all its models say that they are, after the trouble. */
  readonly ready: boolean;
  /** Lines of the log that tell of a fault of the server itself. */
  readonly faults: readonly string[];
  readonly exit: number | string;
  /** Runners that outlived the server. */
  readonly orphans: readonly string[];
}

const SETTLE_LIMIT_MS = 60_000;
/** Runners while all is well: two of `mlp`, none of `triple`, one of each other model. */
const RUNNERS = 6;
const LANES = [runLane, runLane, runHttpStreams, runSequences, runGrpcStreams];
/** Of the lanes in other protocols each third asks KServe's port. */
const OWN_PORT_EVERY = 3;
const CONTROL = {
  explicit: ['--model-control-mode', 'explicit', '--load-model', '*'],
  poll: ['--model-control-mode', 'poll', '--repository-poll-secs', '1'],
};
const FAULT = /failed unexpectedly|could not be handled|a listener of|Unhandled|Uncaught/;

/** Loads a real server with everything that can happen to it, stops it under load, and reports. */
export async function runChaos({ seed, durationMs, swaps, clients, mode }: ChaosOptions): Promise<ChaosReport> {
  const random = new Random(seed);
  const journal = new Journal();
  await using folder = await createTempFolder(initialRepository());
  await using settings = await createTempFolder({ 'millrace.json': JSON.stringify(DIALECT_SETTINGS) });
  const config = ['--config', path.join(settings.path, 'millrace.json')];
  await using cli = startCli(['serve', folder.path, '--json', ...config, ...FREE_PORTS, ...CONTROL[mode]], {
    nodeFlags: COUNTS_TIMERS,
  });
  const { http, grpc, dialects } = await cli.nextEvent();
  const { kserve } = dialects as { readonly kserve: { readonly http: string } };
  for (const { name } of [...HEALTHY, HANGING]) journal.begin({ model: name, version: 1, build: 1, from: 0 });
  await cli.nextEvent();

  const port = portOf(String(http));
  const kservePort = portOf(kserve.http);
  const serverPid = cli.child.pid ?? 0;
  const seen = new Map<number, string>();
  const load = async (stopped: () => boolean, count: number) => {
    const lanes = Array.from({ length: count }, (_, index) => {
      const lane = { port, random: random.fork(), journal, index, stopped };
      const kind = LANES[index % LANES.length] ?? runLane;
      const meetsHanging = index % LANES.length === 0;
      const hasOwnPort = index % (LANES.length * OWN_PORT_EVERY) === 1;
      const asked = hasOwnPort ? { port: kservePort, dialects: KSERVE } : { dialects: meetsHanging ? OIP : FOREIGN };
      return kind({ ...lane, address: String(grpc), meetsHanging, ...asked });
    });
    await Promise.all(lanes);
    await closeGrpcServers();
  };
  const look = async () => ({
    descriptors: countDescriptors(serverPid),
    runners: listRunners(serverPid).length,
    ready: await isReady(String(http)),
    timers: await countTimers(cli),
  });

  // The first requests open what is opened once.
  const startedAt = performance.now();
  await load(() => performance.now() > startedAt + 500, LANES.length);
  const before = await settled(look, ({ runners, ready }) => runners === RUNNERS && ready);

  let over = false;
  const stopped = () => over;
  const trouble = { serverPid, port, mode, folder, journal, seen, stopped, random: random.fork() };
  const frozen = await freezePeers(String(http), String(grpc));
  const running = [
    load(stopped, clients),
    killRunners({ ...trouble, random: random.fork() }),
    reconfigure({ ...trouble, random: random.fork() }),
  ];
  await Promise.all([swapVersions(trouble, swaps, durationMs), pause(durationMs)]).finally(() => {
    over = true;
  });
  await Promise.all(running);
  await frozen[Symbol.asyncDispose]();
  const after = await settled(
    look,
    ({ descriptors, runners, ready, timers }) =>
      descriptors <= before.descriptors && runners === RUNNERS && ready && timers <= before.timers,
  );

  await using _frozenToTheEnd = await freezePeers(String(http), String(grpc));
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
    leaked: {
      descriptors: Math.max(0, after.descriptors - before.descriptors),
      runners: after.runners - RUNNERS,
      timers: Math.max(0, after.timers - before.timers),
    },
    ready: after.ready,
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

function portOf(url: string): number {
  return Number(new URL(url).port);
}

async function isReady(url: string): Promise<boolean> {
  const models = [...HEALTHY, HANGING].map(({ name }) => name);
  const paths = ['', ...[...models, COUNTING, SUMMING].map((name) => `/models/${name}`)];
  const answers = paths.map((path) =>
    fetch(path === '' ? `${url}/v2/health/ready` : `${url}/v2${path}/ready`, { headers: { connection: 'close' } }),
  );
  return (await Promise.all(answers)).every(({ status }) => status === 200);
}

/** Looks until what is seen is as wanted, or for a minute; returns the last look. */
async function settled<Seen>(look: () => Promise<Seen>, wanted: (seen: Seen) => boolean): Promise<Seen> {
  for (const giveUpAt = performance.now() + SETTLE_LIMIT_MS; ; await pause(100)) {
    const seen = await look();
    if (wanted(seen) || performance.now() > giveUpAt) return seen;
  }
}
