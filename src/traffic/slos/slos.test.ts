import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { finishedInference } from '../../../test/support/finished-inference.js';
import { principalWith } from '../../../test/support/principals.js';
import { Call, EventBus, type JsonValue, MillraceError, type Principal } from '../../core/index.js';
import { AccessPolicy } from '../../governance/index.js';
import { Slos } from './slos.js';

const DAY_MS = 86_400_000;
const AVAILABLE = { model: 'fraud', objective: 0.9, windowDays: 7 };
const OPTIONS = {
  soon: { ...AVAILABLE, latencyMs: 50 },
  available: AVAILABLE,
  live: { route: 'live', objective: 0.9, windowDays: 7 },
};

let clock: FakeClock;
let events: EventBus;
let warnings: string[];
let stored: Map<string, JsonValue>;
let disk: { readable: boolean; writable: boolean };
let open: Slos[];

beforeEach(() => {
  clock = new FakeClock();
  events = new EventBus();
  warnings = [];
  stored = new Map();
  disk = { readable: true, writable: true };
  open = [];
  events.subscribe('diagnostic', ({ message }) => warnings.push(message));
});
afterEach(() => Promise.all(open.map((slos) => slos.close().catch(() => undefined))));

const snapshots = {
  async get(kind: string, name: string) {
    if (!disk.readable) throw new MillraceError('unavailable', 'the disk is gone');
    return stored.get(`${kind} ${name}`);
  },
  async put(kind: string, name: string, value: JsonValue) {
    if (!disk.writable) throw new MillraceError('unavailable', 'the disk is full');
    stored.set(`${kind} ${name}`, JSON.parse(JSON.stringify(value)));
  },
  async remove() {
    throw new Error('it removes nothing');
  },
};

async function start(): Promise<Slos> {
  const slos = new Slos(OPTIONS, { clock, events, snapshots });
  open.push(slos);
  await slos.load();
  return slos;
}

function finish(model: string, fields: Parameters<typeof finishedInference>[1] = {}, call = {}) {
  const ref = { name: model, version: 3, generation: 1 };
  events.publish(
    'inferFinished',
    finishedInference('r', { name: model, ref, ...fields }, { receivedAt: clock.now() - 40, ...call }),
  );
}

const callOf = (principal: Principal) => Call.of(principal, { receivedAt: 0 });
const VIEWER = principalWith('eve', 'viewer');

async function counted(slos: Slos, principal = VIEWER) {
  const list = await slos.useCases.list(callOf(principal));
  return list.map(({ name, requests, bad }) => `${name} ${bad}/${requests}`);
}

it('counts the requests of callers, for their model and for the route that has chosen it', async () => {
  const slos = await start();
  finish('fraud');
  finish('fraud', { error: new MillraceError('internal', 'no') });
  finish('fraud', { error: new MillraceError('invalid_argument', 'no') });
  finish('fraud', {}, { receivedAt: clock.now() - 51 });
  const routed = finishedInference('r', { name: 'live', ref: { name: 'other', version: 1, generation: 1 } });
  routed.call.timing.route = 'live';
  events.publish('inferFinished', routed);
  // It fails before a version is chosen.
  finish('live', { ref: undefined, error: new MillraceError('unavailable', 'no') });
  expect(await counted(slos)).toEqual(['available 1/3', 'live 1/2', 'soon 1/2']);
});

it('counts no calls of models, jobs, background requests, shadows and other models', async () => {
  const slos = await start();
  finish('fraud', {}, { callers: ['ensemble'] });
  finish('fraud', {}, { job: { id: 'j', version: 1 } });
  finish('fraud', {}, { priority: 'background' });
  finish('fraud', {}, { account: 'none' });
  finish('other');
  expect(await counted(slos)).toEqual(['available 0/0', 'live 0/0', 'soon 0/0']);
});

it('measures the first answer of a stream', async () => {
  const slos = new Slos({ first: { ...AVAILABLE, firstTokenMs: 30 } }, { clock, events, snapshots });
  open.push(slos);
  for (const firstResponseAt of [0, 990, 991]) {
    const event = finishedInference('r', { name: 'fraud', ref: undefined }, { receivedAt: 960 });
    event.call.timing.firstResponseAt = firstResponseAt;
    events.publish('inferFinished', event);
  }
  expect(await counted(slos)).toEqual(['first 1/2']);
});

it('goes on counting after a restart, to the hour, and forgets what its window has left', async () => {
  const before = await start();
  finish('fraud', { error: new MillraceError('internal', 'no') });
  await clock.advance(10_000);
  expect([...stored.keys()]).toEqual(['slo available/54']);
  await clock.advance(DAY_MS);
  finish('fraud');
  await before.close();
  const after = await start();
  expect(await counted(after)).toEqual(['available 1/2', 'live 0/0', 'soon 0/1']);
  expect(after.gauges()[0]).toMatchObject({
    slo: 'available',
    requests: 0,
    bad: 0,
    budgetRemaining: expect.closeTo(-4),
  });
  finish('fraud');
  await clock.advance(7 * DAY_MS - 3_600_000);
  expect(await counted(after)).toEqual(['available 0/2', 'live 0/0', 'soon 0/2']);
});

it('tries to store counts again, and says once that it cannot', async () => {
  const slos = await start();
  disk.writable = false;
  finish('fraud');
  await clock.advance(30_000);
  expect(warnings).toEqual(['the counts of SLOs cannot be stored, which is tried again: the disk is full']);
  disk.writable = true;
  await clock.advance(10_000);
  await slos.close();
  expect(await counted(await start())).toEqual(['available 0/1', 'live 0/0', 'soon 0/1']);
});

it('counts, and overwrites nothing, where stored counts cannot be read', async () => {
  const before = await start();
  finish('fraud');
  await before.close();
  const kept = new Map(stored);
  disk.readable = false;
  const slos = await start();
  finish('fraud');
  await clock.advance(30_000);
  await slos.close();
  expect(await counted(slos)).toEqual(['available 0/1', 'live 0/0', 'soon 0/1']);
  expect(stored).toEqual(kept);
  expect(warnings).toEqual(['the stored counts of SLOs cannot be read; new counts are not stored: the disk is gone']);
});

it('shows objectives of the models and routes that a caller may observe', async () => {
  const slos = await start();
  const of = (...models: readonly string[]) =>
    new AccessPolicy().principalOf({ kind: 'key', name: 'eve', grants: [{ role: 'viewer', models }] });
  expect(await counted(slos, of('live'))).toEqual(['live 0/0']);
  expect(await counted(slos, of('nothing'))).toEqual([]);
  await expect(slos.useCases.list(callOf(principalWith('app', 'caller')))).rejects.toThrow(
    "'key:app' lacks the right 'model.observe'; its roles: caller",
  );
});
