import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AccessState, hasKeeper, wouldLockOut } from './lock-out.js';
import { AccessPolicy, type Identity } from './policy.js';

const role = fc.constantFrom('admin', 'operator', 'keeper', 'reader', 'nonsense');
const models = fc.option(fc.uniqueArray(fc.constantFrom('*', 'fraud', 'fraud*'), { minLength: 1 }), { nil: undefined });
const grant = fc
  .record({ role, models })
  .map(({ models: names, ...rest }) => ({ ...rest, ...(names && { models: names }) }));
const group = fc.constantFrom('qa', 'ops', 'acme:ops');
const name = fc.constantFrom('a', 'b', 'c');
const key: fc.Arbitrary<Identity> = fc.record({
  kind: fc.constant('key' as const),
  name,
  groups: fc.uniqueArray(group),
  grants: fc.array(grant, { maxLength: 2 }),
});
const keys = fc.uniqueArray(key, { selector: (each) => each.name });
const subject = fc.oneof(
  group.map((text) => ({ group: text })),
  fc.constantFrom('key:a', 'key:b', 'oidc:acme/ada', 'oidc:other/ada', 'cert:ada').map((principal) => ({ principal })),
);
const binding = fc.tuple(subject, grant).map(([who, what]) => ({ ...who, ...what, place: '' }));
const strangers = fc.subarray([
  { names: 'oidc:acme/', groups: 'acme:' },
  { names: 'oidc:other/', groups: undefined },
  { names: 'cert:', groups: '' },
]);
const state = fc.record({ keys, bindings: fc.array(binding, { maxLength: 4 }), strangers });
type Parts = typeof state extends fc.Arbitrary<infer Value> ? Value : never;

function stateOf({ keys: all, bindings, strangers: others }: Parts): AccessState {
  const roles = { keeper: ['key.change'], reader: ['key.read'] } as const;
  return { policy: new AccessPolicy({ roles, bindings }), keys: () => all, strangers: others };
}

/** Everybody of whom a binding may speak, with the credentials that are accepted. */
function everybody({ keys: all, strangers: others }: Parts): readonly Identity[] {
  const may = (start: string) => others.some(({ names }) => names === start);
  return [
    ...all,
    ...(may('oidc:acme/') ? [{ kind: 'oidc', name: 'oidc:acme/ada', groups: ['acme:ops'] } as const] : []),
    ...(may('oidc:other/') ? [{ kind: 'oidc', name: 'oidc:other/ada' } as const] : []),
    ...(may('cert:') ? [{ kind: 'cert', name: 'cert:ada', groups: ['qa', 'ops', 'acme:ops'] } as const] : []),
  ];
}

it('there is a keeper exactly where somebody has the right to change keys on everything', () => {
  fc.assert(
    fc.property(state, (parts) => {
      const { policy, ...rest } = stateOf(parts);
      const isAllowed = everybody(parts).some((identity) =>
        policy.principalOf(identity).rights.allow('key.change', '*'),
      );
      expect(hasKeeper({ policy, ...rest })).toBe(isAllowed);
    }),
  );
});

it('no sequence of changes that are not refused takes the last one away', () => {
  fc.assert(
    fc.property(state, fc.array(state, { maxLength: 8 }), (first, changes) => {
      let current = stateOf(first);
      let hadOne = hasKeeper(current);
      for (const change of changes) {
        const next = stateOf(change);
        if (!wouldLockOut(current, next)) current = next;
        expect(hasKeeper(current)).toBe(hadOne || hasKeeper(next));
        hadOne = hasKeeper(current);
      }
    }),
  );
});

it('who gets more locks out nobody', () => {
  fc.assert(
    fc.property(state, fc.array(binding, { maxLength: 3 }), (parts, more) => {
      const after = { ...parts, bindings: [...parts.bindings, ...more] };
      expect(wouldLockOut(stateOf(parts), stateOf(after))).toBe(false);
    }),
  );
});
