import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from '../../src/cli/program.js';
import { FREE_PORTS, startCli } from '../support/cli-process.js';
import { echoModel } from '../support/control-fixture.js';
import { createFakeIo, type FakeIo } from '../support/fake-io.js';
import { createTempFolder } from '../support/model-folder.js';
import { ADA, type RolloutServer, startRolloutServer } from '../support/rollout-server.js';
import { until } from '../support/until.js';

const FRAUD = { 'fraud/model.yaml': echoModel('versions: all'), 'fraud/3/': '', 'fraud/4/': '' };
const ROLLOUT = 'models/fraud/rollout';
const STILL = { to: 4, steps: [50, 100], hold_ms: 600_000 };
/** Decided at once, without requests. */
const INCONCLUSIVE = { to: 4, steps: [20, 100], hold_ms: 0, max_hold_ms: 0 };
const PROCEED = { ...INCONCLUSIVE, min_requests: 0, on_inconclusive: 'proceed' };
const APPROVED = { ...PROCEED, steps: [20, { weight: 100, needs_approval: true }], promotion_needs_approval: true };

describe('a command that follows a rollout', () => {
  let rollout: RolloutServer;
  beforeEach(async () => {
    rollout = await startRolloutServer(FRAUD, { fraud: 3 });
  });
  afterEach(() => rollout[Symbol.asyncDispose]());

  const start = async (plan: object) => expect((await rollout.api(`POST ${ROLLOUT}`, plan)).status).toBe(200);
  const follow = async (...argv: readonly string[]) => rollout.cli('rollout', ...argv);
  const flags = (port = rollout.server.port) => ['--url', `http://127.0.0.1:${port}`, '--key', ADA];

  it.each<[string, object, string, string, number]>([
    ['is promoted', PROCEED, 'start', 'promoted', 0],
    ['is rolled back', { ...INCONCLUSIVE, on_inconclusive: 'rollback' }, 'start', 'rolled_back', 1],
    ['is paused, since nothing certain is known', INCONCLUSIVE, 'start', 'paused', 4],
    ['is aborted', STILL, 'abort', 'aborted', 1],
    ['is paused', STILL, 'pause', 'paused', 4],
    ['is promoted before its last step', STILL, 'promote', 'promoted', 0],
  ])('tells of one that %s', async (_, plan, action, outcome, code) => {
    await start(plan);
    if (action !== 'start') await rollout.api(`POST ${ROLLOUT}/${action}`, {});
    const waited = await follow('wait', 'fraud', '--json');
    expect(waited.code).toBe(code);
    const events = waited.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.at(0)).toMatchObject({ event: 'rollout', model: 'fraud', stable: 3, canary: 4, started_by: 'ada' });
    expect(events.at(1)).toMatchObject({ event: 'decision', by: 'ada', action: 'start' });
    expect(events.at(-1)).toMatchObject({ event: 'ended', outcome });
    expect((await follow('status', 'fraud', '--watch')).code).toBe(code);
    expect((await follow('status', 'fraud')).code).toBe(0);
  });

  it('gives up after --max-wait with exit code 4, and the rollout goes on', async () => {
    await start(STILL);
    const { code, out } = await follow('wait', 'fraud', '--max-wait', '100ms');
    expect({ code, out: out.split('\n').at(-2) }).toEqual({
      code: 4,
      out: 'holding: step 1 of 2 (50 %) is being held',
    });
    await rollout.reaches('fraud', 'holding');
  });

  it('goes on while steps await approval', async () => {
    await start(APPROVED);
    const io = createFakeIo();
    const ended = runCli(['rollout', 'wait', 'fraud', ...flags()], io);
    const url = `http://127.0.0.1:${rollout.server.port}`;
    for (const waiting of ['step 2 of 2 (100 %)', 'the promotion of version 4']) {
      const line = `${waiting} waits for approval: millrace rollout approve fraud, or ${url}/millrace/v1/${ROLLOUT}/report\n`;
      await until(line, () => io.err().endsWith(line));
      await rollout.api(`POST ${ROLLOUT}/approve`, {});
    }
    expect(await ended).toBe(0);
    expect(io.out()).toMatch(/ finish: 'fraud' stands for version 4 now\ndone: .*\n$/);
  });

  it('says so where the model has had no rollout', async () => {
    expect(await follow('wait', 'fraud')).toEqual({
      code: 1,
      out: '',
      err: "error: there has been no rollout of 'fraud'\n",
    });
  });

  it('does not mistake a new rollout for the one that it follows', async () => {
    await start(STILL);
    const io = createFakeIo();
    const ended = runCli(['rollout', 'wait', 'fraud', '--json', ...flags()], io);
    await until('it has looked once', () => io.out() !== '');
    await rollout.api(`POST ${ROLLOUT}/abort`, {});
    await start(STILL);
    expect(await ended).toBe(1);
    expect(JSON.parse(io.out().split('\n').at(-2) ?? '')).toMatchObject({ event: 'ended', outcome: 'aborted' });
    await rollout.reaches('fraud', 'holding');
  });

  it.each([
    [['wait', 'fraud', '--json'], 'SIGINT', 130],
    [['wait', 'fraud', '--json'], 'SIGTERM', 143],
    [['status', 'fraud', '--watch', '--json'], 'SIGINT', 130],
  ] as const)('as a process, %s ends at %s with %i', async (argv, signal, code) => {
    await start(STILL);
    await using cli = startCli(['rollout', ...argv, ...flags()]);
    await cli.nextEvent();
    cli.child.kill(signal);
    const { exit, err } = await cli.ended;
    expect({ exit, err }).toEqual({ exit: code, err: 'stopped waiting; this does not stop the rollout\n' });
    await rollout.reaches('fraud', 'holding');
  });

  it('exits with 3 where the server does not come back', async () => {
    await start(STILL);
    const relay = await startRelay();
    relay.leadTo(rollout.server.port);
    const io = createFakeIo();
    const ended = runCli(['rollout', 'wait', 'fraud', '--max-wait', '12s', ...flags(relay.port)], io);
    await until('it has looked once', () => io.out() !== '');
    relay.leadTo(undefined);
    expect(await ended).toBe(3);
    expect(io.err()).toMatch(/; trying again for at most 5m\nerror: the server has not answered for \d+/);
  });
});

it('a command that waits goes on while the server restarts, with the rollout that goes on', async () => {
  const folder = await createTempFolder({
    ...Object.fromEntries(Object.entries(FRAUD).map(([path, content]) => [`models/${path}`, content])),
    'millrace.yaml': 'repository: { paths: [./models] }\n',
  });
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const relay = await startRelay();
  const serve = async () => {
    const explicit = ['--model-control-mode', 'explicit', '--load-model', '*'];
    const cli = startCli(['serve', ...FREE_PORTS, '--json', ...explicit], { cwd: folder.path });
    const { http } = await cli.nextEvent();
    await cli.nextEvent();
    relay.leadTo(Number(new URL(String(http)).port));
    return cli;
  };
  const url = ['--url', `http://127.0.0.1:${relay.port}`];
  const millrace = async (line: string) => {
    const io: FakeIo = createFakeIo();
    expect(await runCli([...line.split(' '), ...url], io), io.err()).toBe(0);
  };

  await using first = await serve();
  await millrace('models label fraud stable=3');
  await millrace('rollout start fraud --to 4 --steps 50,100');
  await using waiting = startCli(['rollout', 'wait', 'fraud', '--json', ...url]);
  expect(await waiting.nextEvent()).toMatchObject({ event: 'rollout', canary: 4 });
  let told = '';
  waiting.child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString();
  });
  relay.leadTo(undefined);
  first.child.kill('SIGKILL');
  await first.ended;
  await until('it misses the server', () => told.includes('trying again for at most 5m\n'));

  await using _second = await serve();
  await until('it has found the server again', () => told.endsWith('the server answers again\n'));
  await millrace('rollout promote fraud');
  const { exit, out } = await waiting.ended;
  expect(exit).toBe(0);
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ event, action, outcome }) => action ?? outcome ?? event)).toEqual([
    'rollout',
    'start',
    'promote',
    'finish',
    'promoted',
  ]);
});

/** A port that leads to that of a server, or to none: then connections are closed. */
async function startRelay(): Promise<{ readonly port: number; leadTo(port: number | undefined): void }> {
  const sockets = new Set<Socket>();
  let target: number | undefined;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    if (target === undefined) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    const upstream = connect(target, '127.0.0.1');
    upstream.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      upstream.destroy();
    });
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    drop();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    leadTo(port) {
      target = port;
      drop();
    },
  };
}
