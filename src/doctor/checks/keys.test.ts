import { describe, expect, it } from 'vitest';
import { DAY_MS, factsWith, found, GOOD_KEY, NOW_MS } from '../../../test/support/doctor-facts.js';
import type { StoredKey } from '../facts.js';
import { checkStaticKeys, checkWrittenKeys } from './static-keys.js';
import { checkStoredKeys } from './stored-keys.js';

const OTHER_KEY = 'c3e87f1d0b94a6523f7d8e1c4b5a6972';
const withKeys = (...keys: readonly string[]) => ({
  auth: { keys: keys.map((key, index) => ({ name: `k${index}`, key, scopes: ['infer'] as const })) },
});
const keyFile = (ageDays: number) => ({
  kind: 'secret' as const,
  setting: ['auth', 'keys', '0', 'key'],
  path: '/etc/ci.key',
  mode: 0o600,
  modifiedAtMs: NOW_MS - ageDays * DAY_MS,
});

describe('static keys', () => {
  it('that are long, random and different are fine', () => {
    expect(found(checkStaticKeys, { settings: withKeys(GOOD_KEY, OTHER_KEY), files: [keyFile(365)] })).toEqual([]);
  });

  it.each([
    [
      '0123456789abcdef',
      "warning key-short auth.keys[0].key: key 'k0' has 16 characters, expected at least 32 random ones → openssl rand -hex 32",
    ],
    [
      'abababababababababababababababababab',
      "error key-guessable auth.keys[0].key: key 'k0' is made of few different characters: it can be guessed → openssl rand -hex 32",
    ],
  ])('like %s are told', (key, expected) => {
    expect(found(checkStaticKeys, { settings: withKeys(key) })).toEqual([expected]);
  });

  it('that are nearly the same', () => {
    const twin = GOOD_KEY.replace('9c0a', 'aaaa');
    expect(found(checkStaticKeys, { settings: withKeys(GOOD_KEY, OTHER_KEY, twin) })).toEqual([
      "warning keys-alike auth.keys[2].key: keys 'k0' and 'k2' are nearly the same: who has one can guess the other → openssl rand -hex 32",
    ]);
  });

  it('that are old, by their file', () => {
    const tls = { ...keyFile(900), setting: ['server', 'tls', 'keyFile'] };
    expect(found(checkStaticKeys, { settings: withKeys(GOOD_KEY), files: [keyFile(400), tls] })).toEqual([
      'warning key-old auth.keys[0].key: the key in /etc/ci.key has been the same for 400 days → openssl rand -hex 32',
    ]);
  });

  it('that are written in the settings', () => {
    expect(found(checkWrittenKeys, {})).toEqual([]);
    expect(found(checkWrittenKeys, { writtenSecrets: [['auth', 'keys', '0', 'key']] })).toEqual([
      "note key-in-settings auth.keys[0].key: keys that are written in the settings themselves go wherever these are copied to: auth.keys[0].key → auth: { keys: [{ name: me, key: '${file:me.key}' }] }",
    ]);
  });

  it('are never quoted', () => {
    const keys = ['hunter2hunter2hunter2', 'hunter2hunter2hunter3', 'aaaaaaaaaaaaaaaaaaaa'];
    const facts = factsWith({ settings: withKeys(...keys) });
    const findings = checkStaticKeys(facts);
    expect(findings.length).toBeGreaterThan(3);
    expect(JSON.stringify(findings)).not.toMatch(/hunter|aaaa/);
  });
});

const STORED: StoredKey = {
  name: 'ci',
  createdAtMs: NOW_MS - 100 * DAY_MS,
  rotatedAtMs: undefined,
  lastUsedAtMs: NOW_MS - DAY_MS,
  expiresAtMs: NOW_MS + 100 * DAY_MS,
};
const stored = (...keys: readonly Partial<StoredKey>[]) =>
  found(checkStoredKeys, {
    settings: { auth: { required: true } },
    store: { problem: '', routes: [], keys: keys.map((key) => ({ ...STORED, ...key })) },
  });

describe('API keys', () => {
  it('that are used and end some day are fine', () => {
    expect(stored({}, { createdAtMs: NOW_MS - 29 * DAY_MS, lastUsedAtMs: undefined })).toEqual([]);
    expect(stored({ createdAtMs: 0, rotatedAtMs: NOW_MS - DAY_MS })).toEqual([]);
  });

  it('that nobody needs are told', () => {
    expect(found(checkStoredKeys, { store: { problem: '', routes: [], keys: [STORED] } })).toEqual([
      'warning keys-without-effect auth.required: there are API keys in the store, and nobody needs one: every caller counts as anonymous → auth: { required: true }',
    ]);
  });

  it('that have expired are nobody’s any more', () => {
    expect(stored({ createdAtMs: 0, lastUsedAtMs: undefined, expiresAtMs: NOW_MS })).toEqual([]);
  });

  it.each<[Partial<StoredKey>, string]>([
    [
      { createdAtMs: NOW_MS - 366 * DAY_MS },
      'warning key-old the store: API keys that are older than 365 days: ci → millrace keys rotate ci',
    ],
    [
      { expiresAtMs: NOW_MS + 13 * DAY_MS },
      'warning key-ends-soon the store: API keys that end within 14 days: ci → millrace keys rotate ci',
    ],
    [
      { lastUsedAtMs: undefined },
      'warning key-unused the store: API keys that are older than 30 days and have never been used: ci → millrace keys revoke ci',
    ],
    [
      { lastUsedAtMs: NOW_MS - 91 * DAY_MS },
      'warning key-unused the store: API keys that have not been used for 90 days: ci → millrace keys revoke ci',
    ],
    [
      { expiresAtMs: undefined },
      'note key-without-expiry the store: API keys that never expire: ci → millrace keys rotate ci',
    ],
  ])('are told: %j', (key, expected) => expect(stored({}, key)).toEqual([expected]));

  it('are told together, however many there are', () => {
    const keys = Array.from({ length: 2_000 }, (_, index) => ({ name: `k${index}`, expiresAtMs: undefined }));
    expect(stored(...keys)).toEqual([
      'note key-without-expiry the store: API keys that never expire: k0, k1, k2, k3, k4 and 1995 more → millrace keys rotate k0',
    ]);
  });
});
