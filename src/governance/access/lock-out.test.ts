import { describe, expect, it } from 'vitest';
import { strangersOf } from '../identity/strangers.js';
import type { PlacedBinding } from './binding.js';
import { type AccessState, hasKeeper, wouldLockOut } from './lock-out.js';
import { AccessPolicy, type Identity } from './policy.js';

type Written = Omit<PlacedBinding, 'place'>;

const CERTIFICATES = strangersOf([], true);
const key = (name: string, rest: Partial<Identity> = {}): Identity => ({ kind: 'key', name, ...rest });

function state(
  bindings: readonly Written[],
  rest: Partial<Record<'keys', readonly Identity[]>> & Pick<Partial<AccessState>, 'strangers'> = {},
) {
  const { keys = [], strangers = [] } = rest;
  const placed = bindings.map((binding) => ({ ...binding, place: '' }));
  const policy = new AccessPolicy({ roles: { keeper: ['key.change'], reader: ['key.read'] }, bindings: placed });
  return { policy, keys: () => keys, strangers };
}

describe('somebody may change keys', () => {
  it('by what the key itself has, on everything', () => {
    expect(hasKeeper(state([], { keys: [key('a', { grants: [{ role: 'admin' }] })] }))).toBe(true);
    expect(hasKeeper(state([], { keys: [key('a', { grants: [{ role: 'keeper', models: ['fraud', '*'] }] })] }))).toBe(
      true,
    );
    expect(hasKeeper(state([], { keys: [key('a', { grants: [{ role: 'admin', models: ['fraud*'] }] })] }))).toBe(false);
    expect(hasKeeper(state([], { keys: [key('a', { grants: [{ role: 'reader' }, { role: 'operator' }] })] }))).toBe(
      false,
    );
    expect(hasKeeper(state([], { keys: [key('a', { grants: [{ role: 'unknown' }] })] }))).toBe(false);
  });

  it('by a binding of a key that holds, or of one of its groups', () => {
    const bindings = [{ principal: 'key:a', role: 'admin' }];
    expect(hasKeeper(state(bindings, { keys: [key('a')] }))).toBe(true);
    expect(hasKeeper(state(bindings, { keys: [key('b')] }))).toBe(false);
    const ops = [{ group: 'ops', role: 'keeper' }];
    expect(hasKeeper(state(ops, { keys: [key('a'), key('b', { groups: ['qa', 'ops'] })] }))).toBe(true);
    expect(hasKeeper(state(ops, { keys: [key('a', { groups: ['qa'] })] }))).toBe(false);
  });

  it('by a binding of somebody who has a credential of others, where these are accepted', () => {
    const [token, certificate, group] = [
      [{ principal: 'oidc:acme/ada', role: 'admin' }],
      [{ principal: 'cert:ada@example.com', role: 'admin' }],
      [{ group: 'acme:ops', role: 'admin' }],
    ];
    const issuer = { issuer: 'https://acme', name: 'acme', groupsClaim: 'roles', groupsPrefix: 'acme:' };
    const acme = strangersOf([issuer as never], false);
    const withoutGroups = strangersOf([{ ...issuer, groupsClaim: '' } as never], false);
    const other = strangersOf([{ ...issuer, name: 'other', groupsPrefix: 'other:' } as never], false);
    const found = [token, certificate, group].map((bindings) =>
      [[], CERTIFICATES, acme, withoutGroups, other].map((strangers) =>
        hasKeeper(state(bindings ?? [], { strangers })),
      ),
    );
    expect(found).toEqual([
      [false, false, true, true, false],
      [false, true, false, false, false],
      [false, true, true, false, false],
    ]);
  });
});

describe('a change locks out', () => {
  const admin = [{ principal: 'key:a', role: 'admin' }];
  const keys = [key('a')];

  it('where it takes away the last one who may change keys', () => {
    expect(wouldLockOut(state(admin, { keys }), state([], { keys }))).toBe(true);
    expect(wouldLockOut(state(admin, { keys }), state(admin, { keys: [] }))).toBe(true);
    expect(wouldLockOut(state(admin, { keys }), state([{ group: 'ops', role: 'admin' }], { keys }))).toBe(true);
  });

  it('not where there was none, or another one is left', () => {
    expect(wouldLockOut(state([], { keys }), state([], { keys }))).toBe(false);
    expect(
      wouldLockOut(state(admin, { keys }), state([{ principal: 'key:b', role: 'admin' }], { keys: [key('b')] })),
    ).toBe(false);
    expect(wouldLockOut(state([], { keys }), state(admin, { keys }))).toBe(false);
  });
});
