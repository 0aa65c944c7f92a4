import { expect, it } from 'vitest';
import { found, GOOD_KEY, NOW_MS } from '../../../test/support/doctor-facts.js';
import { checkQuotas } from './quotas.js';

const key = (name: string) => ({ name, key: `${name}-${GOOD_KEY}`, scopes: [] });
const TOLD =
  "note no-quotas quotas: several callers share the server, and each may use all of it: there are no quotas → quotas: [{ name: each, principal: '*', concurrent: 64 }]";

it('a server of one caller, and one with quotas, are fine', () => {
  expect(found(checkQuotas, {})).toEqual([]);
  expect(found(checkQuotas, { settings: { auth: { keys: [key('a')] } } })).toEqual([]);
  const quotas = [{ name: 'each', principal: '*', concurrent: 64 }];
  expect(found(checkQuotas, { settings: { auth: { keys: [key('a'), key('b')] }, quotas } })).toEqual([]);
});

it('tells of several callers without any', () => {
  expect(found(checkQuotas, { settings: { auth: { keys: [key('a'), key('b')] } } })).toEqual([TOLD]);
  const stored = {
    name: 'c',
    createdAtMs: NOW_MS,
    rotatedAtMs: undefined,
    lastUsedAtMs: NOW_MS,
    expiresAtMs: undefined,
  };
  const store = { problem: '', routes: [], keys: [stored] };
  expect(found(checkQuotas, { settings: { auth: { keys: [key('a')] } }, store })).toEqual([TOLD]);
});
