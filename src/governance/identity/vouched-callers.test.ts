import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../core/index.js';
import { AccessPolicy } from '../access/policy.js';
import { createVouching, type VouchedCaller } from './vouched-callers.js';

describe('a caller whom the program vouches for', () => {
  const policy = new AccessPolicy({
    roles: { tester: ['model.load'] },
    bindings: [{ principal: 'app:bob', role: 'auditor', place: 'millrace.yaml:1:1' }],
  });
  const vouchFor = createVouching(policy);

  it('is known by its name with a prefix that no key has', () => {
    expect(vouchFor({ principal: 'alice' })).toMatchObject({
      name: 'app:alice',
      id: 'app:alice',
      ownerId: 'app:alice',
      groups: [],
    });
    expect(vouchFor({ principal: 'key:ci' }).id).toBe('app:key:ci');
  });

  it.each<[VouchedCaller, string]>([
    [{ principal: 'alice' }, 'caller'],
    [{ principal: 'alice', roles: [] }, 'none'],
    [{ principal: 'alice', roles: ['viewer', 'tester'] }, 'viewer, tester'],
    [{ principal: 'bob' }, 'caller, auditor'],
  ])('has its roles and those of bindings: %j', (caller, summary) => {
    expect(vouchFor(caller).rights.summary).toBe(summary);
  });

  it('infers, and changes nothing', () => {
    const { rights } = vouchFor({ principal: 'alice' });
    expect([rights.allow('model.infer', 'm'), rights.allow('model.load', 'm')]).toEqual([true, false]);
  });

  it.each<[unknown, string]>([
    [{ principal: '' }, 'principal: expected a name, got an empty text'],
    [{ principal: 7 }, 'principal: expected a name, got number'],
    [{ principal: 'a\nb' }, 'principal: expected a name, got a text with control characters'],
    [{ principal: 'a'.repeat(513) }, 'principal: expected a name, got a text of more than 512 characters'],
    [{ principal: 'a', roles: ['calller'] }, "roles[0]: there is no role 'calller'; did you mean 'caller'?"],
    [
      { principal: 'a', roles: ['caller', 'x'] },
      "roles[1]: there is no role 'x' (roles: tester, viewer, caller, operator, publisher, approver, auditor, admin)",
    ],
    [{ principal: 'a', roles: Array(101).fill('caller') }, 'roles: expected at most 100, got 101'],
  ])('is refused where it makes no sense: %j', (caller, message) => {
    expect(() => vouchFor(caller as VouchedCaller)).toThrow(new MillraceError('invalid_argument', message));
  });
});
