import { describe, expect, it } from 'vitest';
import { createRights } from './rights.js';
import { BUILT_IN_ROLES } from './roles.js';

const rightsOf = (...grants: Parameters<typeof createRights>[0]) => createRights(grants, BUILT_IN_ROLES);

describe('rights', () => {
  it('are on the names of the patterns only, as a whole and letter for letter', () => {
    const { allow } = rightsOf({ role: 'caller', models: ['fraud*', 'a.b', 'x*@canary'] });
    const names = ['fraud', 'fraud-2', 'a.b', 'xy@canary', 'my-fraud', 'axb', 'Fraud', 'xy@canary2', 'fraud\nx', '*'];
    expect(names.filter((name) => allow('model.infer', name))).toEqual([
      'fraud',
      'fraud-2',
      'a.b',
      'xy@canary',
      'fraud\nx',
    ]);
  });

  it('add up', () => {
    const { allow, summary } = rightsOf({ role: 'caller', models: ['a'] }, { role: 'viewer' });
    expect([allow('model.infer', 'a'), allow('model.infer', 'b'), allow('model.observe', 'b')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(summary).toBe('caller on a, viewer');
  });

  it("are on the server where they are on any name, and on '*' where they are on all", () => {
    const { allow } = rightsOf({ role: 'operator', models: ['a', 'b*'] });
    expect([allow('setting.change', ''), allow('setting.change', '*')]).toEqual([true, false]);
    expect(rightsOf({ role: 'operator' }).allow('setting.change', '*')).toBe(true);
  });

  it('are none of a role that is not known', () => {
    expect(rightsOf({ role: 'chief' }).allow('server.read', '')).toBe(false);
  });

  it('are right however many names are asked for', () => {
    const { allow } = rightsOf({ role: 'caller', models: ['m-7*'] });
    for (let index = 0; index < 3_000; index++) {
      expect(allow('model.infer', `m-${index}`)).toBe(String(index).startsWith('7'));
    }
  });
});

describe('labels', () => {
  it('of a model are its own, and those of one label are on no other', () => {
    const { allow } = rightsOf({ role: 'caller', models: ['fraud', 'credit@canary'] });
    const names = [
      'fraud@canary',
      'fraud@x',
      'fraud-2@canary',
      'credit@canary',
      'credit@stable',
      'credit',
      '@fraud',
      'fraud@',
    ];
    expect(names.filter((name) => allow('model.infer', name))).toEqual(['fraud@canary', 'fraud@x', 'credit@canary']);
  });

  it('are not what is itself called so', () => {
    const { allowOwn } = rightsOf({ role: 'caller', models: ['fraud', 'credit@canary', 'a*'] });
    const names = ['fraud', 'fraud@canary', 'credit@canary', 'ab@canary'];
    expect(names.filter((name) => allowOwn('model.infer', name))).toEqual(['fraud', 'credit@canary', 'ab@canary']);
  });
});

describe('what is seen', () => {
  it('is what anything can be done to that has a name', () => {
    const roles = { meter: ['metrics.read', 'server.read'], runner: ['model.infer'] } as const;
    const { sees, allow } = createRights([{ role: 'meter' }, { role: 'runner', models: ['fraud'] }], roles);
    expect(['fraud', 'fraud@x', 'credit'].filter(sees)).toEqual(['fraud', 'fraud@x']);
    expect(allow('metrics.read', '*')).toBe(true);
  });
});
