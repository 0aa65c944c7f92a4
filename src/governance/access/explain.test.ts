import { expect, it } from 'vitest';
import { explainAccess } from './explain.js';
import { AccessPolicy } from './policy.js';

const policy = new AccessPolicy({
  roles: { tester: ['model.infer'] },
  bindings: [
    { principal: 'key:ci', role: 'tester', models: ['fraud*'], place: 'millrace.yaml:4:7' },
    { group: 'qa', role: 'viewer', place: 'millrace.yaml:5:7' },
  ],
});
const identity = { kind: 'key', name: 'ci', groups: ['qa'], grants: [{ role: 'caller', models: ['credit'] }] } as const;
const explain = (action: Parameters<typeof explainAccess>[1]['action'], resource: string) =>
  explainAccess(policy, { identity, action, resource });

it('says which line gives a right', () => {
  expect(explain('model.infer', 'fraud@canary')).toMatchObject({
    isAllowed: true,
    because: [{ role: 'tester', models: ['fraud*'], place: 'millrace.yaml:4:7' }],
  });
  expect(explain('model.read', 'credit').because.map(({ place }) => place)).toEqual([
    'key:ci itself',
    'millrace.yaml:5:7',
  ]);
});

it('says what there is where nothing does, and what would', () => {
  expect(explain('model.load', 'fraud')).toMatchObject({
    isAllowed: false,
    isSeen: true,
    because: [],
    has: [{ role: 'caller' }, { role: 'tester' }, { role: 'viewer' }],
    wouldDo: ['operator', 'publisher', 'admin'],
  });
  const stranger = { kind: 'key', name: 'other' } as const;
  expect(explainAccess(policy, { identity: stranger, action: 'model.infer', resource: 'fraud' }).isSeen).toBe(false);
});
