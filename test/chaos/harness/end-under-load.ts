import { setTimeout as pause } from 'node:timers/promises';
import type { Chaos } from './chaos.js';
import { runClients } from './clients.js';
import { freezePeers } from './freeze-peers.js';
import type { Journal } from './journal.js';
import { as } from './keys.js';
import { eventually, outlast } from './outlast.js';
import { listRunners } from './processes.js';
import { type ChaosServer, startServer } from './server.js';

/** A server, and what its clients have seen. */
export interface Asked {
  readonly server: ChaosServer;
  readonly journal: Journal;
}

/** Stops the server while clients ask it, and the one that has taken its place where one has; resolves with all that have ended. */
export async function endUnderLoad(chaos: Chaos): Promise<readonly Asked[]> {
  const { options, server, journal } = chaos;
  const { durationMs, adversities = [] } = options;
  await using _frozenToTheEnd = await freezePeers(server.http, server.grpc);
  return await whileAsked(chaos, chaos, async () => {
    await pause(Math.min(1_500, durationMs / 4));
    if (adversities.includes('log reader')) await loseLogReader(chaos);
    if (adversities.includes('overlap')) return [chaos, await handOver(chaos)];
    await stop(chaos, chaos);
    return [{ server, journal }];
  });
}

/** Lets clients ask a server until something is done. */
async function whileAsked<Result>(
  { options, random }: Chaos,
  asked: Asked,
  act: () => Promise<Result>,
): Promise<Result> {
  let over = false;
  const clients = { ...asked, random: random.fork(), clients: options.clients, stopped: () => over };
  const asking = runClients(clients);
  const result = await act().finally(() => {
    over = true;
  });
  await asking;
  return result;
}

async function stop({ seen }: Chaos, { server, journal }: Asked): Promise<void> {
  for (const { pid, label } of listRunners(server.pid)) seen.set(pid, label);
  journal.stoppedAt = performance.now();
  server.cli.child.kill('SIGTERM');
  await server.cli.ended;
}

/** Reads the log no more, as where `tee` has ended. */
async function loseLogReader({ server, journal }: Asked): Promise<void> {
  server.cli.child.stderr.destroy();
  await eventually('a line of the log is lost', async () => {
    // What is refused is logged.
    await fetch(`${server.http}/v2/models/unknown`, { headers: { ...as('oracle'), connection: 'close' } });
    return /^millrace_output_failures_total\{.*EPIPE.*\} [1-9]/m.test(await server.readMetrics());
  });
  await outlast(journal, 'the log is read no more');
}

/**
 * Starts a second server on the store of the first, as a restart that overlaps does, and ends the first while clients ask both. The
 * second follows keys of the first, and changes them once it is alone. It is stopped in the end as well.
 */
async function handOver(chaos: Chaos): Promise<Asked> {
  const first = chaos.server;
  const before = await createKey(first, 'before');
  await using server = await startServer(chaos.place);
  const next: Asked = { server, journal: chaos.journal.succeed() };
  const expectStatus = (key: string, status: number) =>
    eventually(`the second server answers a key with ${status}`, async () => {
      return (await server.statusFor({ authorization: `Bearer ${key}` })) === status;
    });
  await whileAsked(chaos, next, async () => {
    const during = await createKey(first, 'during');
    await expectStatus(during, 200);
    await first.control('POST keys/before/revoke');
    await expectStatus(before, 401);
    await outlast(chaos.journal, 'another server shares the store');
    await outlast(next.journal, 'another server owns the store');
    await stop(chaos, chaos);
    await server.control('POST keys/during/revoke');
    await expectStatus(during, 401);
    await expectStatus(await createKey(server, 'after'), 200);
    await outlast(next.journal, 'it owns the store');
    await stop(chaos, next);
  });
  return next;
}

/** Makes a key in the store, and gives its text. */
export async function createKey(server: ChaosServer, name: string): Promise<string> {
  const { key } = await server.control('POST keys', { name, grants: [{ role: 'caller' }] });
  return String(key);
}
