import { describe, expect, it } from 'vitest';
import { AccessPolicy } from './policy.js';

const CI = { kind: 'key', name: 'ci', groups: ['qa'] } as const;

describe('the owner', () => {
  it('is the principal, unless its identity has another', () => {
    const policy = new AccessPolicy();
    expect(policy.principalOf(CI).ownerId).toBe('key:ci');
    expect(policy.principalOf({ ...CI, ownerId: 'key#7' })).toMatchObject({ id: 'key:ci', ownerId: 'key#7' });
  });
});

describe('a policy that is replaced', () => {
  it('holds at once for principals that were made before', () => {
    const policy = new AccessPolicy({ bindings: [{ principal: 'key:ci', role: 'caller', place: 'a:1' }] });
    const { rights } = policy.principalOf(CI);
    expect([rights.allow('model.infer', 'fraud'), rights.summary]).toEqual([true, 'caller']);
    policy.replace({ bindings: [{ group: 'qa', role: 'viewer', models: ['fraud*'], place: 'a:1' }] });
    expect([rights.allow('model.infer', 'fraud'), rights.allowOwn('model.observe', 'fraud')]).toEqual([false, true]);
    expect([rights.sees('credit'), rights.summary]).toEqual([false, 'viewer on fraud*']);
    policy.replace({});
    expect([rights.sees('fraud'), rights.summary]).toEqual([false, 'none']);
  });

  it('has other roles, and those that are built in', () => {
    const bindings = [{ principal: 'key:ci', role: 'tester', place: 'a:1' }];
    const policy = new AccessPolicy({ roles: { tester: ['model.read'] }, bindings });
    const { rights } = policy.principalOf(CI);
    expect(rights.allow('model.load', 'fraud')).toBe(false);
    policy.replace({ roles: { tester: ['model.load'] }, bindings });
    expect([rights.allow('model.load', 'fraud'), rights.allow('model.read', 'fraud')]).toEqual([true, false]);
    policy.replace({ bindings });
    expect(rights.allow('model.load', 'fraud')).toBe(false);
    expect(policy.actionsOf('tester')).toBeUndefined();
    expect(policy.actionsOf('caller')).toContain('model.infer');
  });
});
