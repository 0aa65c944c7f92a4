import { describe, expect, it } from 'vitest';
import { principalWith } from '../../../test/support/principals.js';
import { AccessPolicy, ANONYMOUS } from '../../governance/index.js';
import { noUsage } from '../../metering/usage-book.js';
import { viewOf } from './usage-view.js';

const sum = (principal: string, model: string) => ({ ...noUsage(), principal, model, price: '' });

describe('who may see usage', () => {
  it.each(['operator', 'auditor', 'admin'] as const)('of all is a role %s', (role) => {
    const view = viewOf(principalWith('a', role));
    expect([view.principal, view.needs, view.sees(sum('b', 'm'))]).toEqual([undefined, [], true]);
  });

  it.each(['caller', 'viewer', 'publisher', 'approver'] as const)('of a %s is its own', (role) => {
    expect(viewOf(principalWith('a\0b', role))).toMatchObject({ principal: 'a␀b', needs: [] });
  });

  it('of some models is who has the right on them, and sees their own', () => {
    const principal = new AccessPolicy().principalOf({
      kind: 'key',
      name: 'a',
      grants: [{ role: 'auditor', models: ['fraud*'] }],
    });
    const { principal: who, needs, sees } = viewOf(principal);
    expect([who, needs]).toEqual([undefined, ['principal', 'model']]);
    expect([sees(sum('b', 'fraud-2')), sees(sum('b', 'mlp')), sees(sum('b', '')), sees(sum('a', 'mlp'))]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it('is nobody without a credential and without the right', () => {
    expect(() => viewOf(ANONYMOUS)).toThrow(
      "this needs the right 'usage.read': without a key only callers on the server's own machine have it, and only with --model-control-mode explicit --load-model '*'",
    );
  });
});
