import { expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { principalWith } from '../../../test/support/principals.js';
import { openTestStore } from '../../../test/support/store.js';
import { Call, EventBus } from '../../core/index.js';
import { AccessPolicy, KeyChanges, StoredKeys } from '../../governance/index.js';
import { createKeyUseCases } from './key-use-cases.js';

it('of two keys that are the last to change keys, one stays, also where both are revoked at the same time', async () => {
  const { keys: records } = await openTestStore();
  const clock = new FakeClock();
  const policy = new AccessPolicy();
  const stored = new StoredKeys({ records, policy, clock, events: new EventBus(), isTaken: () => false });
  const changes = new KeyChanges(stored, records);
  const by = { principal: 'first', atMs: clock.wallNow() };
  for (const name of ['first', 'second']) await changes.create({ name, grants: [{ role: 'admin' }] }, by);
  const written = { written: () => [], replaceWritten: () => undefined };
  const parts = { ...written, records, stored, changes, policy, areAsked: true, strangers: [] };
  const useCases = createKeyUseCases({ keys: parts, audited: async (_call, _subject, work) => work() });
  const never = Number.POSITIVE_INFINITY;
  const call = new Call({
    requestId: 'r',
    principal: principalWith('first', 'admin'),
    trace: undefined,
    deadlineAt: never,
    receivedAt: clock.now(),
  });
  const ends = await Promise.allSettled(['first', 'second'].map((name) => useCases.revoke(call, name)));
  expect(ends.map((end) => (end.status === 'fulfilled' ? end.value.state : end.reason.message))).toEqual([
    'revoked',
    "key 'second' is the last one that may change keys: make another one with the role 'admin' first",
  ]);
  await stored.close();
});
