import { expect, it } from 'vitest';
import { call, IDENTITY, Outcome, request } from '../../test/support/engine-fixture.js';
import type { FakeInstance } from '../../test/support/fake-instance.js';
import { createEngineFixture, source } from '../../test/support/loaded-engine.js';

/** Rows of a request that costs more than a batch may: 8 bytes each. */
const LONG = 4;
const PADDING = { maxPaddedCost: 16, maxWaste: 0.1 };

async function createEngine(reservesInstance: boolean) {
  const fixture = createEngineFixture();
  const { clock, engine, host } = fixture;
  host.automatic = false;
  host.description = { ...IDENTITY, padding: { ...PADDING, reservesInstance } };
  await engine.load(source(1, { instances: { count: 2 }, batching: { enabled: true } }));
  const [info] = engine.serving('m');
  if (info === undefined) throw new Error('nothing serves');
  const send = async (value: number, rows: number) => {
    engine.submit(info.ref, { request: request(value, { rows }), call: call(), sink: new Outcome() });
    await clock.flush();
  };
  const instances = host.instances as readonly FakeInstance[];
  /** What each instance was given, by the ids of requests. */
  const given = () => instances.map(({ given: batches }) => batches.map(({ batch }) => batch.rows));
  return { ...fixture, send, given, instances };
}

it('keeps one of several instances for short items', async () => {
  const { send, given, instances, clock } = await createEngine(true);
  await send(1, LONG);
  await send(2, LONG);
  expect(given()).toEqual([[LONG], []]);
  await send(3, 1);
  expect(given()).toEqual([[LONG], [1]]);
  instances[0]?.given[0]?.end();
  await clock.flush();
  expect(given()).toEqual([[LONG, LONG], [1]]);
});

it('runs long items on all instances where none is reserved', async () => {
  const { send, given } = await createEngine(false);
  await send(1, LONG);
  await send(2, LONG);
  expect(given()).toEqual([[LONG], [LONG]]);
});
