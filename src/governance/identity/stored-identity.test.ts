import { expect, it } from 'vitest';
import type { Principal } from '../../core/index.js';
import { ANONYMOUS } from '../access/anonymous.js';
import { AccessPolicy } from '../access/policy.js';
import { createRecall, storedIdentityOf } from './stored-identity.js';

const policy = new AccessPolicy({
  bindings: [{ principal: 'oidc:acme/ann', role: 'caller', models: ['fraud'], place: 'millrace.yaml:1:1' }],
});
const apiKey = policy.principalOf({ kind: 'key', name: 'ci', ownerId: 'key#7', grants: [{ role: 'caller' }] });
let written = [{ name: 'web', key: 'x'.repeat(32), scopes: ['infer' as const] }];
let recalled: Principal | undefined = apiKey;
let anonymous: Principal | undefined = ANONYMOUS;
const setUp = () =>
  createRecall({
    policy,
    written: () => written,
    strangers: [{ names: 'oidc:acme/', groups: '' }],
    anonymous,
    stored: { recall: async (ownerId) => (ownerId === 'key#7' ? recalled : undefined) },
  });
/** Written down and read again. */
const back = (principal: Principal) => setUp()(JSON.parse(JSON.stringify(storedIdentityOf(principal))));

it('is the same caller again, with the rights that hold now', async () => {
  const web = policy.principalOf({ kind: 'key', name: 'web', grants: [{ role: 'admin' }] });
  const found = await back(web);
  expect(found).toMatchObject({ id: 'key:web', ownerId: 'key:web', name: 'web' });
  expect([found.rights.allow('model.infer', 'm'), found.rights.allow('model.load', 'm')]).toEqual([true, false]);
  expect(await back(apiKey)).toBe(apiKey);
});

it('has the rights of its bindings, and the groups that it came with', async () => {
  const ann = policy.principalOf({ kind: 'oidc', name: 'oidc:acme/ann', groups: ['risk'] });
  const found = await back(ann);
  expect(found).toMatchObject({ name: 'oidc:acme/ann', groups: ['risk'], ownerId: ann.ownerId });
  expect([found.rights.allow('model.infer', 'fraud'), found.rights.allow('model.infer', 'm')]).toEqual([true, false]);
});

it('has the roles by which the program that embeds the server has vouched for it', async () => {
  const bob = policy.principalOf({ kind: 'app', name: 'app:bob', grants: [{ role: 'caller' }] });
  expect(storedIdentityOf(bob)).toEqual({
    kind: 'app',
    name: 'app:bob',
    ownerId: 'app:bob',
    groups: [],
    roles: ['caller'],
  });
  expect((await back(bob)).rights.allow('model.infer', 'm')).toBe(true);
});

it('is anonymous where callers need no key', async () => {
  expect(await back(ANONYMOUS)).toBe(ANONYMOUS);
  anonymous = undefined;
  await expect(back(ANONYMOUS)).rejects.toMatchObject({
    code: 'unauthenticated',
    message: 'callers need a credential now',
  });
});

it('is refused where its key does not hold any more, also where another one has its name', async () => {
  recalled = undefined;
  await expect(back(apiKey)).rejects.toMatchObject({
    code: 'unauthenticated',
    message: "the key 'ci' does not hold any more",
  });
  const web = policy.principalOf({ kind: 'key', name: 'web' });
  written = [];
  await expect(back(web)).rejects.toMatchObject({ code: 'unauthenticated' });
  written = [{ name: 'ci', key: 'y'.repeat(32), scopes: ['infer'] }];
  await expect(back(apiKey)).rejects.toMatchObject({ code: 'unauthenticated' });
});

it('is no caller where a file has changed something', async () => {
  await expect(back(policy.principalOf({ kind: 'file', name: 'file:a' }))).rejects.toThrow("'file:a' is no caller");
});

it('is refused where its issuer is not accepted any more', async () => {
  await expect(back(policy.principalOf({ kind: 'oidc', name: 'oidc:other/ann' }))).rejects.toMatchObject({
    code: 'unauthenticated',
    message: "callers like 'oidc:other/ann' are not accepted any more",
  });
});
