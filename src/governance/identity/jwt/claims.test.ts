import { describe, expect, it } from 'vitest';
import { groupsOf, subjectOf } from './claims.js';

describe('subjectOf', () => {
  it.each([
    [{ sub: 'alice' }, 'sub', 'alice'],
    [{ act: { sub: 'a/b:c' } }, 'act.sub', 'a/b:c'],
    [{ 'https://example.com/name': 'x' }, 'https://example.com/name', 'x'],
  ])('of %j by %s', (claims, claim, name) => expect(subjectOf(claims, claim)).toBe(name));

  it.each([
    [{}, 'its claim sub is no text'],
    [{ sub: '' }, 'its claim sub is no text'],
    [{ sub: 7 }, 'its claim sub is no text'],
    [{ sub: 'a\nlevel=error' }, 'its claim sub has a text with control characters'],
    [{ sub: 'a\u2028b' }, 'its claim sub has a text with control characters'],
    [{ sub: 'a'.repeat(513) }, 'its claim sub has a text of more than 512 characters'],
  ])('refuses %j', (claims, message) => expect(() => subjectOf(claims, 'sub')).toThrow(message));

  it('finds nothing that an object merely inherits', () => {
    expect(() => subjectOf({}, 'constructor.name')).toThrow('its claim constructor.name is no text');
  });
});

describe('groupsOf', () => {
  const groups = (claims: object, groupsClaim: string, groupsPrefix = '') =>
    groupsOf({ ...claims }, { groupsClaim, groupsPrefix });

  it.each<[object, string, readonly string[]]>([
    [{ roles: ['a', 'b', 'a'] }, 'roles', ['a', 'b']],
    [{ roles: 'a b' }, 'roles', ['a b']],
    [{ realm_access: { roles: ['a'] } }, 'realm_access.roles', ['a']],
    [{ 'a.b': ['x'], a: { b: ['y'] } }, 'a.b', ['x']],
    [{ roles: null }, 'roles', []],
    [{}, 'realm_access.roles', []],
    [{ roles: ['a'] }, '', []],
  ])('of %j by %s', (claims, claim, expected) => expect(groups(claims, claim)).toEqual(expected));

  it('have the prefix of their issuer', () => expect(groups({ g: ['a'] }, 'g', 'corp:')).toEqual(['corp:a']));

  it.each<[object, string]>([
    [{ g: [1] }, 'its claim g is no text or list of texts'],
    [{ g: { a: true } }, 'its claim g is no text or list of texts'],
    [{ g: ['a\r\nb'] }, 'its claim g has a text with control characters'],
    [{ g: Array.from({ length: 1_001 }, String) }, 'its claim g has more than 1000 groups'],
  ])('refuses %.60j', (claims, message) => expect(() => groups(claims, 'g')).toThrow(message));
});
