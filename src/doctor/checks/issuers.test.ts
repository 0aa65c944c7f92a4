import { expect, it } from 'vitest';
import { found } from '../../../test/support/doctor-facts.js';
import { checkIssuers } from './issuers.js';

const withIssuers = (...given: readonly object[]) =>
  // What has a default may be missing where settings are read.
  ({
    auth: { issuers: given.map((each) => ({ issuer: 'https://a.example', audience: 'millrace', ...each })) as never },
  });

const foundIn = (...given: readonly object[]) => found(checkIssuers, { settings: withIssuers(...given) });

it('issuers are fine as they are', () => {
  expect(foundIn({}, { issuer: 'https://b.example' })).toEqual([]);
  expect(
    foundIn({ groupsClaim: 'groups' }, { issuer: 'https://b.example', groupsClaim: 'groups', groupsPrefix: 'b:' }),
  ).toEqual([]);
});

it('tells of issuers whose groups are mistaken for each other', () => {
  expect(foundIn({ groupsClaim: 'groups' }, { issuer: 'https://b.example', groupsClaim: 'roles' })).toEqual([
    'warning issuers-share-groups auth.issuers[1].groupsPrefix: a group of https://b.example has the rights of the group of that name of https://a.example: their groupsPrefix is the same → auth: { issuers: [{ issuer: "https://b.example", audience: millrace, groupsPrefix: "other:" }] }',
  ]);
});

it('tells of tokens of any kind, and of keys that hold long after they are withdrawn', () => {
  expect(foundIn({ tokens: 'any', maxStaleMs: 172_800_000 })).toEqual([
    'note issuer-any-token auth.issuers[0].tokens: of https://a.example tokens are accepted that do not say what they are for → auth: { issuers: [{ issuer: "https://a.example", audience: millrace, tokens: access }] }',
    'warning issuer-stale auth.issuers[0].maxStaleMs: while https://a.example cannot be reached, keys that it has withdrawn hold for 48 hours → auth: { issuers: [{ issuer: "https://a.example", audience: millrace, maxStaleMs: 3600000 }] }',
  ]);
});
