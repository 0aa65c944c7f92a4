import { afterEach, expect, it } from 'vitest';
import { run } from '../support/cli-fixture.js';
import { closeGrpcServers } from '../support/grpc-server.js';
import { createTempFolder } from '../support/model-folder.js';
import { openClients, type UpgradeClients } from '../support/steady-load.js';
import { processEnded, startUpgradable, UPGRADE_KEY, UPGRADE_MODELS } from '../support/upgradable-server.js';

afterEach(closeGrpcServers);

const UPGRADES = 20;
const TICK_MS = 10;
/** Every 10 ms: 500 requests a second. */
const KINDS = ['http', 'http', 'http', 'grpc', 'grpc'] as const;
/** One request in so many is a stream of 20 events. */
const STREAM_EVERY = 25;
/** Between two upgrades. */
const REQUESTS_BETWEEN = 500;

/** Sends requests at a fixed rate, whether those before are answered or not. */
function startPacedLoad({ asks, close }: UpgradeClients) {
  const failures: string[] = [];
  const pending = new Set<Promise<void>>();
  let sent = 0;
  let onSent = (): void => undefined;
  const send = (kind: keyof typeof asks) => {
    sent++;
    const asked = asks[kind]().then((failure) => {
      if (failure !== undefined) failures.push(`${kind}: ${failure}`);
      pending.delete(asked);
    });
    pending.add(asked);
  };
  const startedAt = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    // A late tick sends what those that were left out would have sent.
    for (const ticks = (performance.now() - startedAt) / TICK_MS; due < ticks; due++) {
      for (const kind of KINDS) send((sent + 1) % STREAM_EVERY === 0 ? 'stream' : kind);
    }
    onSent();
  }, TICK_MS);
  return {
    failures,
    sent: () => sent,
    perSecond: () => (sent / (performance.now() - startedAt)) * 1_000,
    more: (count: number) =>
      new Promise<void>((resolve) => {
        const enough = sent + count;
        onSent = () => sent >= enough && resolve();
      }),
    async stop() {
      clearInterval(timer);
      while (pending.size > 0) await Promise.all(pending);
      close();
    },
  };
}

it(`of requests at 500 a second none fails in ${UPGRADES} upgrades`, async () => {
  await using folder = await createTempFolder({
    ...UPGRADE_MODELS,
    'millrace.yaml': `repository: { paths: [./models] }
auth: { keys: [{ name: ops, key: ${UPGRADE_KEY}, scopes: [infer, observe, manage] }] }
`,
  });
  await using server = await startUpgradable(folder.path);
  const load = startPacedLoad(openClients(server.http, server.grpc));
  const processes = [server.pid()];
  await load.more(REQUESTS_BETWEEN);
  for (let upgrade = 1; upgrade <= UPGRADES; upgrade++) {
    server.signal();
    processes.push(await server.upgraded());
    await load.more(REQUESTS_BETWEEN);
  }
  const rate = load.perSecond();
  await load.stop();
  console.info(
    `${UPGRADES} upgrades, ${load.sent()} requests, ${Math.round(rate)} a second, ${load.failures.length} failed`,
  );
  expect(load.failures).toEqual([]);
  await Promise.all(processes.slice(0, -1).map(processEnded));
  process.kill(server.pid(), 'SIGTERM');
  expect((await server.cli.ended).exit).toBe(0);
  expect((await run(['audit', 'verify'], { cwd: folder.path })).code).toBe(0);
});
