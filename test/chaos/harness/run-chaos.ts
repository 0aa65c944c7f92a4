import { setTimeout as pause } from 'node:timers/promises';
import { expectMemoryBack } from '../../fuzz/memory-back.js';
import { closeGrpcServers } from '../../support/grpc-server.js';
import { Random } from '../../support/random.js';
import { damageRepositories, hangUp } from './accidents.js';
import { attack } from './attackers.js';
import type { Adversity, Chaos, ChaosOptions } from './chaos.js';
import { runClients } from './clients.js';
import { createKey, endUnderLoad } from './end-under-load.js';
import { explain } from './explain.js';
import { freezePeers } from './freeze-peers.js';
import { type Failure, Journal } from './journal.js';
import { as } from './keys.js';
import { HANGING, HEALTHY } from './models.js';
import { outlast } from './outlast.js';
import { countDescriptors, listRunners, runnerLabel } from './processes.js';
import { type ChaosServer, createPlace, RUNNERS, startServer } from './server.js';
import { SHARE_BYTES } from './settings.js';
import { countTimers } from './timers.js';
import { killRunners, reconfigure, swapVersions } from './trouble.js';

/** What is left to judge when everything is over. */
export interface ChaosReport {
  readonly journal: Journal;
  /** What was done to the servers, and the fewest right answers that came meanwhile. */
  readonly troubles: Readonly<Record<string, number>>;
  /** Sentences about wrong answers. */
  readonly wrong: readonly string[];
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
  /** Of each server. */
  readonly exits: readonly (number | string)[];
  /** Runners that outlived their server. */
  readonly orphans: readonly string[];
}

const SETTLE_LIMIT_MS = 60_000;
const FAULT = /failed unexpectedly|could not be handled|a listener of|Unhandled|Uncaught/;
/** A request that any body fits into. */
const ROW = { model: 'triple', tensor: { name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] } };

/** Loads a real server with everything that can happen to it, stops it under load, and reports. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, mode } = options;
  const random = new Random(seed);
  const journal = new Journal();
  await using place = await createPlace(mode);
  await using server = await startServer(place);
  for (const { name } of [...HEALTHY, HANGING]) journal.begin({ model: name, version: 1, build: 1, from: 0 });

  const chaos: Chaos = { options, place, server, journal, random, seen: new Map() };
  // The first requests open what is opened once.
  const startedAt = performance.now();
  await runClients({ server, journal, random, clients: 6, stopped: () => performance.now() > startedAt + 500 });
  await openOnce(server);
  const before = await settled(server, ({ runners, ready }) => runners === RUNNERS && ready);
  await makeTrouble(chaos);
  const after = await settled(
    server,
    ({ descriptors, runners, ready, timers }) =>
      descriptors <= before.descriptors && runners === RUNNERS && ready && timers <= before.timers,
  );
  const { port: httpPort, metricsPort } = server;
  await expectMemoryBack({ httpPort, metricsPort, credential: as('oracle'), maxBodyBytes: SHARE_BYTES, row: ROW });
  const ended = await endUnderLoad(chaos);
  await closeGrpcServers();
  const ends = await Promise.all(ended.map(({ server }) => server.cli.ended));
  return {
    ...judge(ended.map((each) => each.journal)),
    leaked: {
      descriptors: Math.max(0, after.descriptors - before.descriptors),
      runners: after.runners - RUNNERS,
      timers: Math.max(0, after.timers - before.timers),
    },
    ready: after.ready,
    faults: ends.flatMap(({ err }) => err.split('\n').filter((line) => FAULT.test(line))),
    exits: ends.map(({ exit }) => exit),
    orphans: [...chaos.seen]
      .filter(([pid, label]) => runnerLabel(pid) === label)
      .map(([pid, label]) => `${pid} ${label}`),
    journal,
  };
}

/** Has the server open the store, the audit trail and the thread that decodes large bodies, and begin to count refusals. */
async function openOnce(server: ChaosServer): Promise<void> {
  await createKey(server, 'first');
  await server.statusFor(as('guest'));
  await fetch(`${server.http}/v1/completions`, { method: 'POST', headers: as('oracle'), body: ' '.repeat(262_144) });
}

/** Does to the server what the options say while clients ask it, until all of that is over. */
async function makeTrouble({ options, place, server, journal, random, seen }: Chaos): Promise<void> {
  const { durationMs, swaps, clients, adversities = [] } = options;
  let [calm, over] = [false, false];
  const trouble = () => ({ server, place, journal, seen, random: random.fork(), stopped: () => calm });
  const optional: Readonly<Partial<Record<Adversity, () => Promise<void>>>> = {
    attackers: () => attack({ ...trouble(), port: server.port, outlast: (what) => outlast(journal, what) }),
    'hang-ups': () => hangUp(trouble()),
    repositories: () => damageRepositories(trouble()),
  };
  await using _frozen = await freezePeers(server.http, server.grpc);
  const asking = runClients({ server, journal, random, clients, stopped: () => over });
  const planned = Promise.all([swapVersions(trouble(), swaps, durationMs), pause(durationMs)]).finally(() => {
    calm = true;
  });
  const others = adversities.map((name) => optional[name]?.());
  await Promise.all([planned, killRunners(trouble()), reconfigure(trouble()), ...others]).finally(() => {
    calm = over = true;
  });
  await asking;
}

function judge(
  journals: readonly Journal[],
): Pick<ChaosReport, 'troubles' | 'wrong' | 'lost' | 'unexplained' | 'explained'> {
  const unexplained: Failure[] = [];
  const explained: Record<string, number> = {};
  let lost = 0;
  for (const journal of journals) {
    for (const failure of journal.failures) {
      const cause = explain(failure, journal);
      if (cause === undefined) unexplained.push(failure);
      else explained[cause] = (explained[cause] ?? 0) + 1;
    }
    lost -= journal.failures.length + journal.wrong.length;
    for (const { sent, right, left } of journal.counts.values()) lost += sent - right - left;
  }
  const troubles = Object.fromEntries(journals.flatMap((journal) => [...journal.troubles]));
  return { troubles, wrong: journals.flatMap(({ wrong }) => wrong), lost, unexplained, explained };
}

interface Look {
  readonly descriptors: number;
  readonly runners: number;
  readonly timers: number;
  readonly ready: boolean;
}

/** Looks at a server until it is as wanted, or for a minute; returns the last look. */
async function settled(server: ChaosServer, wanted: (look: Look) => boolean): Promise<Look> {
  for (const giveUpAt = performance.now() + SETTLE_LIMIT_MS; ; await pause(100)) {
    const look = {
      descriptors: countDescriptors(server.pid),
      runners: listRunners(server.pid).length,
      ready: await server.isReady(),
      timers: await countTimers(server.cli),
    };
    if (wanted(look) || performance.now() > giveUpAt) return look;
  }
}
