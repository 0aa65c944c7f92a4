import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { EventBus, MillraceError, type Principal } from '../../core/index.js';
import type { KeyRecord, KeyRecords, KeyUse, WrittenKey, WrittenSince } from '../../store/index.js';
import { AccessPolicy } from '../access/policy.js';
import { KeyChanges } from './key-changes.js';
import { StoredKeys } from './stored-keys.js';

/** A store in memory that can be out of order. */
class FakeRecords implements KeyRecords {
  readonly all = new Map<string, KeyRecord>();
  readonly uses: KeyUse[] = [];
  /** Ids of keys, as they were changed. */
  readonly log: string[] = [];
  /** It does not know any more what has changed. */
  isForgetful = false;
  fault: MillraceError | undefined;
  pages = 0;
  #isHeld = false;
  #release = (): void => undefined;

  hold(): () => void {
    this.#isHeld = true;
    return () => {
      this.#isHeld = false;
      this.#release();
    };
  }

  async page(after: string, limit: number): Promise<readonly KeyRecord[]> {
    this.pages++;
    if (this.#isHeld) await new Promise<void>((resolve) => (this.#release = resolve));
    this.#check();
    const ids = [...this.all.keys()].sort().filter((id) => id > after);
    return ids.slice(0, limit).flatMap((id) => this.all.get(id) ?? []);
  }

  async list(): Promise<readonly KeyRecord[]> {
    return [...this.all.values()];
  }

  async position(): Promise<number> {
    this.#check();
    return this.log.length;
  }

  async since(position = 0): Promise<WrittenSince<WrittenKey> | undefined> {
    this.#check();
    if (this.isForgetful) return undefined;
    const ids = this.log.slice(position, position + 2);
    const written = ids.map((id) => ({ id, record: this.all.get(id) }));
    return { written, position: position + ids.length, hasMore: position + ids.length < this.log.length };
  }

  async create(record: KeyRecord): Promise<void> {
    this.#check();
    this.log.push(record.id);
    this.all.set(record.id, record);
  }

  update(record: KeyRecord): Promise<void> {
    return this.create(record);
  }

  async noteUses(uses: readonly KeyUse[]): Promise<void> {
    this.#check();
    this.uses.push(...uses);
  }

  #check(): void {
    if (this.fault !== undefined) throw this.fault;
  }
}

const DAMAGED = new MillraceError('unavailable', "the store 's' is damaged; put a backup in its place");
const BY = { principal: 'admin', atMs: 1_750_000_000_000 };
const CALLER = { grants: [{ role: 'caller' }] };

function start(records = new FakeRecords(), isTaken: (name: string) => boolean = () => false) {
  const clock = new FakeClock();
  const events = new EventBus();
  const said: string[] = [];
  events.subscribe('diagnostic', ({ level, message }) => said.push(`${level}: ${message}`));
  const keys = new StoredKeys({ records, policy: new AccessPolicy(), clock, events, isTaken });
  const ended: Principal[] = [];
  keys.onEnded((principals) => ended.push(...principals));
  const changes = new KeyChanges(keys, records);
  const now = () => ({ ...BY, atMs: clock.wallNow() });
  return { records, clock, said, keys, ended, changes, now };
}

/** Two keys in a store that nobody has open. */
async function filled() {
  const { records, changes } = start();
  const one = await changes.create({ name: 'one', ...CALLER }, BY);
  const two = await changes.create({ name: 'two', ...CALLER }, BY);
  return { records, one, two };
}

describe('keys of the store', () => {
  it('are read once; who comes meanwhile waits', async () => {
    const { records, one, two } = await filled();
    records.pages = 0;
    const { keys } = start(records);
    const release = records.hold();
    const found = [keys.principalOf(one.key), keys.principalOf(two.key)];
    const wrong = keys.principalOf(`${one.key.slice(0, 16)}${two.key.slice(16)}`);
    release();
    const [first] = await Promise.all(found);
    expect(first).toMatchObject({ name: 'one', id: 'key:one' });
    await expect(wrong).rejects.toMatchObject({ code: 'unauthenticated', message: 'this key is not known' });
    expect([records.pages, keys.principalOf(one.key)]).toEqual([1, first]);
  });

  it('hold once no key of the settings has their name any more', async () => {
    const { records, one } = await filled();
    let taken = 'one';
    const { keys, said } = start(records, (name) => name === taken);
    await keys.load();
    expect(() => keys.principalOf(one.key)).toThrow('this key is not known');
    expect(said).toEqual([`warn: API key ${one.record.id} is refused: a key of 'auth.keys' has its name, 'one'`]);
    taken = '';
    keys.takeHidden();
    expect(keys.principalOf(one.key)).toMatchObject({ id: 'key:one' });
  });

  it('stay refused if another process revokes them while a key of the settings has their name', async () => {
    const { records, one } = await filled();
    let taken = 'one';
    const { keys } = start(records, (name) => name === taken);
    await keys.load();
    const other = start(records);
    await other.keys.load();
    await other.changes.revoke(one.record.id, BY);
    await keys.catchUp();
    taken = '';
    keys.takeHidden();
    expect(() => keys.principalOf(one.key)).toThrow('this key is not known');
  });

  it('that cannot be read are unavailable until they can be, which is tried again, and said once', async () => {
    const { records, one } = await filled();
    records.fault = DAMAGED;
    const { keys, clock, said, changes, now } = start(records);
    await keys.load();
    const refused = {
      code: 'unavailable',
      message: expect.stringMatching(/^API keys cannot be checked at the moment/),
    };
    await expect(keys.principalOf(one.key)).rejects.toMatchObject({ ...refused, retryAfterMs: 5_000 });
    await expect(changes.create({ name: 'new', ...CALLER }, now())).rejects.toBe(DAMAGED);
    await clock.advance(12_000);
    expect(said).toEqual([`error: API keys cannot be read, and are refused until they can be: ${DAMAGED.message}`]);
    records.fault = undefined;
    await clock.advance(5_000);
    expect(said.slice(1)).toEqual(['info: API keys can be read again']);
    expect(keys.principalOf(one.key)).toMatchObject({ name: 'one' });
  });

  it('stay as they are where a change cannot be written', async () => {
    const { records, one } = await filled();
    const { keys, changes, now, ended } = start(records);
    await keys.load();
    const principal = keys.principalOf(one.key);
    records.fault = new MillraceError('unavailable', "the store 's' is full: nothing was written");
    await expect(changes.revoke(one.record.id, now())).rejects.toBe(records.fault);
    await expect(changes.rotate(one.record.id, { overlapMs: 0 }, now())).rejects.toBe(records.fault);
    expect([keys.principalOf(one.key), ended]).toEqual([principal, []]);
  });

  it('end what runs for them when they are revoked, or rotated without an overlap', async () => {
    const { records, one, two } = await filled();
    const { keys, changes, now, ended } = start(records);
    const first = await keys.principalOf(one.key);
    const second = await keys.principalOf(two.key);
    await changes.revoke(one.record.id, now());
    expect(ended).toEqual([first]);
    const rotated = await changes.rotate(two.record.id, { overlapMs: 0 }, now());
    expect(ended).toEqual([first, second]);
    expect(ended[1]).toBe(second);
    expect(() => keys.principalOf(two.key)).toThrow('this key is not known');
    expect(keys.principalOf(rotated.key)).toMatchObject({ name: 'two' });
  });

  it('own under their id, so that a name that is given again owns nothing of before', async () => {
    const { records, one } = await filled();
    const { keys, changes, now } = start(records);
    const before = await keys.principalOf(one.key);
    const { key } = await changes.rotate(one.record.id, { overlapMs: 0 }, now());
    expect((await keys.principalOf(key)).ownerId).toBe(before.ownerId);
    await changes.revoke(one.record.id, now());
    const again = await changes.create({ name: 'one', ...CALLER }, now());
    expect(await keys.principalOf(again.key)).toMatchObject({ id: before.id, ownerId: `key#${again.record.id}` });
    expect(before.ownerId).toBe(`key#${one.record.id}`);
  });

  it.each([true, false])(
    'end what runs for a rotated one when its overlap is over (after a restart: %o)',
    async (restart) => {
      const { records, one } = await filled();
      const before = start(records);
      await before.keys.load();
      await before.changes.rotate(one.record.id, { overlapMs: 200_000 }, before.now());
      const { keys, clock, ended } = restart ? start(records) : before;
      await keys.load();
      const principal = keys.principalOf(one.key);
      await clock.advance(199_999);
      expect([keys.principalOf(one.key), ended]).toEqual([principal, []]);
      await clock.advance(1);
      expect(ended).toEqual([principal]);
      expect(() => keys.principalOf(one.key)).toThrow('this key is not known');
    },
  );

  it('that two rotate at once are rotated one after the other', async () => {
    const { records, one } = await filled();
    const { keys, changes, now } = start(records);
    const rotated = await Promise.all([1, 2].map(() => changes.rotate(one.record.id, { overlapMs: 1_000 }, now())));
    const outcomes = [one, ...rotated].map(({ key }) => {
      try {
        return (keys.principalOf(key) as Principal).name;
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(outcomes).toEqual(['this key is not known', 'one', 'one']);
  });

  it('that another process makes, rotates and revokes apply here, and end what runs for them', async () => {
    const { records, one, two } = await filled();
    const here = start(records);
    await here.keys.load();
    const first = here.keys.principalOf(one.key);
    const second = here.keys.principalOf(two.key);
    const there = start(records);
    const made = await there.changes.create({ name: 'three', ...CALLER }, there.now());
    await there.changes.revoke(one.record.id, there.now());
    const rotated = await there.changes.rotate(two.record.id, { overlapMs: 0 }, there.now());
    expect([here.keys.principalOf(one.key), here.ended]).toEqual([first, []]);
    records.pages = 0;
    await here.changes.catchUp();
    expect(here.ended).toEqual([first, second]);
    for (const { key } of [one, two]) expect(() => here.keys.principalOf(key)).toThrow('this key is not known');
    expect(here.keys.principalOf(made.key)).toMatchObject({ name: 'three' });
    expect(here.keys.principalOf(rotated.key)).toMatchObject({ name: 'two' });
    await here.changes.catchUp();
    expect([here.ended.length, records.pages]).toEqual([2, 0]);
  });

  it('that another process removes are forgotten, and no others, also where all keys have to be read again', async () => {
    const { records, one, two } = await filled();
    const { keys, changes, ended } = start(records);
    await keys.load();
    const first = keys.principalOf(one.key);
    records.all.delete(one.record.id);
    records.log.push(one.record.id);
    await changes.catchUp();
    expect(() => keys.principalOf(one.key)).toThrow('this key is not known');
    const second = keys.principalOf(two.key);
    records.isForgetful = true;
    await changes.catchUp();
    expect([keys.principalOf(two.key), ended]).toEqual([second, [first]]);
    records.all.clear();
    await changes.catchUp();
    expect(() => keys.principalOf(two.key)).toThrow('this key is not known');
    expect(ended).toEqual([first, second]);
  });

  it('are changed as they are in the store now, whatever this process has known of them', async () => {
    const { records, one, two } = await filled();
    const here = start(records);
    const there = start(records);
    for (const { keys } of [here, there]) await keys.load();
    await there.changes.revoke(one.record.id, there.now());
    await expect(here.changes.rotate(one.record.id, { overlapMs: 0 }, here.now())).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `key 'one' (${one.record.id}) is revoked: make another one`,
    });
    const rotated = await there.changes.rotate(two.record.id, { overlapMs: 60_000 }, there.now());
    await here.changes.revoke(two.record.id, here.now());
    expect(records.all.get(two.record.id)?.digest).toBe(rotated.record.digest);
  });

  it('stay in force while the changes of other processes cannot be read', async () => {
    const { records, one } = await filled();
    const { keys, changes, ended } = start(records);
    await keys.load();
    records.fault = DAMAGED;
    await expect(changes.catchUp()).rejects.toBe(DAMAGED);
    expect([keys.principalOf(one.key), ended]).toMatchObject([{ name: 'one' }, []]);
  });

  it('that have the name of a key of the settings are refused, and said to be', async () => {
    const { records, one } = await filled();
    const { keys, said } = start(records, (name) => name === 'one');
    await expect(keys.principalOf(one.key)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(said).toEqual([`warn: API key ${one.record.id} is refused: a key of 'auth.keys' has its name, 'one'`]);
  });

  it('are noted to have been used every minute, and at the end; no request waits for that', async () => {
    const { records, one, two } = await filled();
    const { keys, clock } = start(records);
    await keys.load();
    const at = clock.wallNow();
    await keys.principalOf(one.key);
    expect(records.uses).toEqual([]);
    await clock.advance(60_000);
    expect(records.uses).toEqual([{ id: one.record.id, atMs: at }]);
    await keys.principalOf(two.key);
    await keys.close();
    expect(records.uses.slice(1)).toEqual([{ id: two.record.id, atMs: at + 60_000 }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('hold where it cannot be noted that they were used', async () => {
    const { records, one } = await filled();
    const { keys, clock, said } = start(records);
    await keys.load();
    records.fault = DAMAGED;
    for (let minute = 0; minute < 3; minute++) {
      await keys.principalOf(one.key);
      await clock.advance(60_000);
    }
    expect(said).toEqual([`warn: it could not be stored when API keys were used: ${DAMAGED.message}`]);
  });

  it('are not read again where the server ends while they cannot be read', async () => {
    const { records } = await filled();
    const { keys, clock } = start(records);
    const release = records.hold();
    const loading = keys.load();
    await keys.close();
    records.fault = DAMAGED;
    release();
    await loading;
    expect(clock.pendingTimers).toBe(0);
  });

  it('have no timers where there are none', async () => {
    const { keys, clock } = start();
    await keys.load();
    expect(clock.pendingTimers).toBe(0);
  });
});
