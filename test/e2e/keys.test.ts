import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTrail } from '../support/audit-trail.js';
import { bearer, type KeyServer, startKeyServer } from '../support/key-server.js';
import { until } from '../support/until.js';

let server: KeyServer;
beforeAll(async () => {
  server = await startKeyServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const table = (text: string) => text.replace(/ +/g, ' ');
const statusOf = async (key: string) => (await server.infer(bearer(key))).status;

describe('keys of the store', () => {
  it('may do what they were granted, and no more', async () => {
    const key = await server.create('ci --grant caller=echo,x* --owner ann --expires-in 90d');
    expect(key).toMatch(/^mr_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
    expect(await statusOf(key)).toBe(200);
    expect((await server.infer(bearer(key), 'kjv')).status).toBeGreaterThanOrEqual(403);
    expect((await server.api('GET ', undefined, key)).status).toBe(403);
    expect((await server.infer({ 'x-api-key': key })).status).toBe(200);
  });

  it('are all refused with the same words, whatever is wrong with them, and the log says what', async () => {
    const key = await server.create('refused --grant caller');
    const other = await server.create('other --grant caller');
    const id = key.slice(3, 15);
    await server.keys('revoke refused');
    const wrong = [key, `${other.slice(0, 16)}${key.slice(16)}`, `${other}x`, 'mr_', 'x'.repeat(60)];
    const answers = await Promise.all(wrong.map((text) => server.infer(bearer(text))));
    expect(answers.map(({ status, body }) => [status, body.error])).toEqual(
      wrong.map(() => [401, 'this key is not known']),
    );
    const causes = server.server.log.filter((line) => line.error_code === 'unauthenticated').map(({ cause }) => cause);
    expect(causes).toEqual(expect.arrayContaining([`API key ${id}: revoked`, 'it is malformed']));
    expect(JSON.stringify(server.server.log)).not.toContain(key.slice(16));
  });

  it('are listed and shown without anything by which one could come in', async () => {
    const key = await server.create('shown --grant viewer --grant caller=echo --group team-a --owner bob');
    await statusOf(key);
    const list = table((await server.keys('list')).out);
    expect(list).toMatch(/^KEY ID STATE GRANTS OWNER EXPIRES LAST USED\n/);
    expect(list).toMatch(new RegExp(`\nshown ${key.slice(3, 15)} active viewer, caller on echo bob never \\d{4}-`));
    const { out } = await server.keys('show shown');
    expect(table(out)).toMatch(
      /^name shown\nid \w{12}\nsource store\nstate active\ngrants viewer, caller on echo\ngroups team-a\nowner bob\ncreated \S+Z by admin\nlast used /,
    );
    const { body } = await server.api('GET /shown');
    expect(body).toMatchObject({ name: 'shown', source: 'store', groups: ['team-a'], created_by: 'admin' });
    expect(JSON.stringify([body, list, out, server.server.log])).not.toContain(key.slice(16));
    expect(Object.keys(body)).not.toContain('digest');
  });

  it('are listed in pages', async () => {
    const names: string[] = [];
    let after = '';
    do {
      const { body } = await server.api(`GET ?limit=2${after}`);
      names.push(...body.keys.map(({ name }: { name: string }) => name));
      after = body.next === undefined ? '' : `&after=${encodeURIComponent(body.next)}`;
    } while (after !== '');
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['admin', 'ci', 'shown']));
    expect(names).not.toContain('refused');
  });

  it('are rotated: both hold for a while, then the new one alone', async () => {
    const key = await server.create('rotated --grant caller');
    const rotated = await server.keys('rotate rotated --overlap 1h');
    const next = rotated.out.trim();
    expect(rotated.err).toMatch(/^key rotated \(\w{12}\): caller; never expires; the key before holds until \S+Z\n/);
    expect([next.slice(0, 16), next === key]).toEqual([key.slice(0, 16), false]);
    expect([await statusOf(key), await statusOf(next)]).toEqual([200, 200]);
    const last = (await server.keys('rotate rotated --overlap 0s')).out.trim();
    expect([await statusOf(key), await statusOf(next), await statusOf(last)]).toEqual([401, 401, 200]);
  });

  it('are revoked for good, by name or id, and their names are free again', async () => {
    const key = await server.create('gone --grant caller');
    const id = key.slice(3, 15);
    expect(await server.keys(`revoke ${id}`)).toMatchObject({ code: 0, out: `revoked gone (${id})\n` });
    expect(await statusOf(key)).toBe(401);
    expect((await server.api(`GET /${id}`)).body).toMatchObject({ state: 'revoked', revoked_by: 'admin' });
    expect((await server.keys('rotate gone')).err).toBe("error: there is no key 'gone'\n");
    expect((await server.keys(`revoke ${id}`)).err).toBe(`error: key 'gone' (${id}) is revoked: make another one\n`);
    expect(await statusOf(await server.create('gone --grant caller'))).toBe(200);
  });

  it('that expire admit nobody any more', async () => {
    const key = await server.create('short --grant caller --expires-in 50ms');
    await until('the key has expired', async () => (await statusOf(key)) === 401);
    expect(table((await server.keys('show short')).out)).toContain('\nstate expired\n');
    expect((await server.keys('rotate short')).err).toBe("error: key 'short' has expired: say when the new one does\n");
    expect(await statusOf((await server.keys('rotate short --expires-in 1h')).out.trim())).toBe(200);
  });

  it.each([
    ['a:b --grant caller', "name: expected a name without ':', blanks and control characters, got 'a:b'"],
    ['anonymous --grant caller', "name: 'anonymous' is the name of those who have no key"],
    ['ok', 'grants: expected one at least, or a group'],
    ['ok --grant caler', "grants[0].role: there is no role 'caler'"],
    ['ok --grant caller --expires-in 0s', 'the time until a key expires must be more than nothing'],
    ['admin --grant caller', "there is a key 'admin'"],
  ])('are not made of %s', async (line, message) => {
    const { code, err } = await server.keys(`create ${line}`);
    expect([code, err]).toEqual([1, expect.stringContaining(`error: ${message}`)]);
  });

  it('are not a way to more rights than one has', async () => {
    const key = await server.create('small --grant admin=echo*');
    const make = async (grants: object[], more = {}) =>
      (await server.api('POST ', { name: 'made', grants, ...more }, key)).body.error?.message;
    expect(await make([{ role: 'admin' }])).toBe(
      "key 'made' may 'model.infer' on '*', and 'key:small' may not: one changes keys that may do no more than oneself",
    );
    expect(await make([{ role: 'caller', models: ['echo-1', 'other'] }])).toContain(
      "on 'other', and 'key:small' may not",
    );
    expect(await make([{ role: 'caller', models: ['ech*'] }])).toContain("on 'ech*'");
    expect((await server.api('POST /admin/rotate', {}, key)).status).toBe(403);
    expect((await server.api('POST /admin/revoke', undefined, key)).status).toBe(403);
    expect(await make([{ role: 'caller', models: ['echo-*'] }])).toBeUndefined();
    // What is itself called `solo@x` is more than a label of `solo`.
    const solo = await server.create('solo --grant admin=solo');
    const grants = [{ role: 'caller', models: ['solo@*'] }];
    const { body } = await server.api('POST ', { name: 'more', grants }, solo);
    expect(body.error?.message).toContain("on 'solo@*', and 'key:solo' may not");
  });

  it('leave one at least that may change keys', async () => {
    expect((await server.keys('revoke admin')).err).toBe(
      "error: key 'admin' is the last one that may change keys: make another one with the role 'admin' first\n",
    );
    await server.create('scoped --grant admin=echo*');
    await server.create('expired --grant admin --expires-in 1ms');
    expect((await server.keys('revoke admin')).code).toBe(1);
    await server.create('second --grant admin');
    expect((await server.keys('revoke second')).code).toBe(0);
  });

  it('leave two entries in the audit trail for each change, with what was before and is after', async () => {
    await server.create('audited --grant caller');
    await server.keys('rotate audited --overlap 1h');
    await server.keys('revoke audited');
    const read = () => readTrail(server.server).filter(({ resource }) => resource === 'audited');
    await until('the last change is recorded', () => read().length === 6);
    const lines = read();
    expect(lines.map(({ action, type, outcome }) => [action, type, outcome])).toEqual(
      ['key.create', 'key.rotate', 'key.revoke'].flatMap((action) => [
        [action, 'intent', undefined],
        [action, 'outcome', 'ok'],
      ]),
    );
    expect(lines[5]).toMatchObject({ before: { name: 'audited', state: 'active' }, after: { state: 'revoked' } });
    expect(JSON.stringify(lines)).not.toMatch(/digest|mr_/);
  });
});
