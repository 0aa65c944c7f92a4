import path from 'node:path';
import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { openTestStore, storeFolder } from '../../../test/support/store.js';
import { EventBus, MillraceError } from '../../core/index.js';
import type { Declaration, Store } from '../../store/index.js';
import { Declared } from './declared.js';

/** One process with its view of the store. */
function open(store: Pick<Store, 'declarations'>) {
  const events = new EventBus();
  const said: string[] = [];
  events.subscribe('diagnostic', ({ level, message }) => said.push(`${level}: ${message}`));
  const declared = new Declared({ store, clock: new FakeClock(), events });
  const told: string[] = [];
  declared.onChange((changed) => told.push(changed.map(describe).join(' ')));
  const declare = (name: string, value: Record<string, number> | undefined) =>
    declared.inTurn(() => declared.commit([{ kind: 'labels', name, value }], 'ann'));
  return { declared, told, said, declare };
}

function describe({ name, revision, value }: Declaration): string {
  return `${name}@${revision}=${JSON.stringify(value)}`;
}

/** Two processes over one file. */
async function openTwo() {
  const file = path.join(await storeFolder(), 'store.db');
  const stores = [await openTestStore({ path: file }), await openTestStore({ path: file })] as const;
  const [there, here] = [open(stores[0]), open(stores[1])];
  for (const { declared } of [there, here]) await declared.load();
  return { there, here, stores };
}

it('a declaration of another process is in force once it is read, and is reported once', async () => {
  const { there, here } = await openTwo();
  await there.declare('m', { a: 1 });
  await there.declare('m', { a: 2 });
  await there.declare('other', { a: 1 });
  expect(here.declared.of('labels', 'm')).toBeUndefined();
  for (let times = 0; times < 2; times++) await here.declared.catchUp();
  expect(here.told).toEqual(['m@2={"a":2} other@1={"a":1}']);
  await there.declare('m', undefined);
  await here.declared.catchUp();
  expect(here.told.slice(1)).toEqual(['m@3=undefined']);
  expect(here.declared.all('labels').map(describe)).toEqual(['other@1={"a":1}']);
});

it('a process takes its own changes once', async () => {
  const { there } = await openTwo();
  await there.declare('m', { a: 1 });
  await there.declared.catchUp();
  await there.declare('m', undefined);
  await there.declared.catchUp();
  expect(there.told).toEqual(['m@1={"a":1}', 'm@2=undefined']);
});

it('a change is based on declarations of other processes, and undoes none', async () => {
  const { there, here, stores } = await openTwo();
  await there.declare('m', { a: 1 });
  await stores[0].close();
  await here.declared.inTurn(async () => {
    const before = here.declared.of('labels', 'm')?.value as Record<string, number>;
    await here.declared.commit([{ kind: 'labels', name: 'm', value: { ...before, b: 2 } }], 'bob');
  });
  expect(here.told).toEqual(['m@1={"a":1}', 'm@2={"a":1,"b":2}']);
});

it('a conflict with another process is one only once', async () => {
  const { there, here, stores } = await openTwo();
  const conflict = here.declared.inTurn(async () => {
    await there.declare('m', { a: 1 });
    await stores[0].close();
    return here.declared.commit([{ kind: 'labels', name: 'm', value: { b: 1 } }], 'bob');
  });
  await expect(conflict).rejects.toMatchObject({
    message: "the labels of model 'm' are at revision 1 now, expected none: somebody has changed them meanwhile",
  });
  await here.declare('m', { b: 1 });
  expect(here.told).toEqual(['m@1={"a":1}', 'm@2={"b":1}']);
});

it('everything is read again where the changes are unknown, and missing declarations are removed', async () => {
  const { there, here, stores } = await openTwo();
  for (const name of ['kept', 'gone']) await there.declare(name, { a: 1 });
  await here.declared.catchUp();
  const { declarations } = stores[1];
  declarations.since = async () => undefined;
  await there.declare('gone', undefined);
  await there.declare('new', { a: 1 });
  await here.declared.catchUp();
  expect(here.told.slice(1)).toEqual(['new@1={"a":1} gone@1=undefined']);
});

it('declarations stay in force while the store cannot be read, and changes are refused', async () => {
  const { there, here, stores } = await openTwo();
  await there.declare('m', { a: 1 });
  await here.declared.catchUp();
  const damaged = new MillraceError('unavailable', "the store 's' is damaged");
  const { declarations } = stores[1];
  declarations.since = async () => Promise.reject(damaged);
  await expect(here.declared.catchUp()).rejects.toBe(damaged);
  await expect(here.declare('m', { a: 2 })).rejects.toBe(damaged);
  expect(here.declared.all('labels').map(describe)).toEqual(['m@1={"a":1}']);
});

it('declarations that could not be read at the start are read later; both are reported once', async () => {
  const { there, stores } = await openTwo();
  await there.declare('m', { a: 1 });
  const { declarations } = stores[1];
  const { current } = declarations;
  declarations.current = async () => Promise.reject(new MillraceError('unavailable', 'it is damaged'));
  const late = open(stores[1]);
  await late.declared.load();
  for (let times = 0; times < 2; times++) await expect(late.declared.catchUp()).rejects.toThrow('it is damaged');
  declarations.current = current;
  for (let times = 0; times < 2; times++) await late.declared.catchUp();
  expect(late.told).toEqual(['m@1={"a":1}']);
  expect(late.said).toEqual([
    'error: no label and no route that was declared is in force: it is damaged',
    'info: labels and routes that were declared can be read again, and are in force',
  ]);
});
