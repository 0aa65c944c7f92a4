import { describe, expect, it } from 'vitest';
import { TokenIssuer } from '../../../../test/support/token-issuer.js';
import { KeySet } from './key-set.js';

const RSA = { kty: 'RSA', n: 'AQAB', e: 'AQAB' };
const P256 = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' };

describe('a set of keys', () => {
  it('finds the key that a header means', () => {
    const set = new KeySet({
      keys: [
        { ...RSA, kid: 'r' },
        { ...RSA, kid: 'ps', alg: 'PS256', e: 'AQ' },
        { ...P256, kid: 'e' },
        { kty: 'OKP', crv: 'Ed25519', x: 'AA', kid: 'd' },
      ],
    });
    const find = (kid: string | undefined, alg: string) => set.find({ kid, alg })?.id;
    expect([find('r', 'RS256'), find('r', 'PS384'), find('ps', 'PS256'), find('ps', 'RS256')]).toEqual([
      'r',
      'r',
      'ps',
      undefined,
    ]);
    expect([
      find('e', 'ES256'),
      find('e', 'ES384'),
      find('e', 'RS256'),
      find('d', 'EdDSA'),
      find('d', 'ES256'),
    ]).toEqual(['e', undefined, undefined, 'd', undefined]);
    expect([find(undefined, 'ES256'), find(undefined, 'PS256'), find('x', 'ES256')]).toEqual([
      'e',
      undefined,
      undefined,
    ]);
  });

  it('takes nothing that could not check a signature, and no part of a private key', () => {
    const { keys } = new KeySet({
      keys: [
        { kty: 'oct', k: 'AAAA', kid: 'secret' },
        { ...RSA, use: 'enc' },
        { ...RSA, key_ops: ['sign'] },
        { kty: 'RSA', n: 'AQAB' },
        { kty: 'constructor' },
        null,
        'x',
        { ...P256, kid: 'e', d: 'private', x5c: ['…'], key_ops: ['verify'] },
      ],
    });
    expect(keys).toEqual([{ id: 'e', jwk: P256, isRetired: false }]);
  });

  it('means none where two have the same name, and one where it is there twice', () => {
    const two = new KeySet({
      keys: [
        { ...P256, kid: 'a' },
        { ...P256, x: 'AB', kid: 'a' },
      ],
    });
    expect(two.find({ kid: 'a', alg: 'ES256' })).toBeUndefined();
    const same = new KeySet({
      keys: [
        { ...P256, kid: 'a' },
        { ...P256, kid: 'a' },
      ],
    });
    expect(same.find({ kid: 'a', alg: 'ES256' })?.id).toBe('a');
  });

  it.each([
    [undefined, 'it has no list of keys'],
    [[], 'it has no list of keys'],
    [{ keys: {} }, 'it has no list of keys'],
    [{ keys: Array.from({ length: 1_001 }, () => RSA) }, 'it has 1001 keys; expected at most 1000'],
  ])('is not %.30j', (document, message) => expect(() => new KeySet(document)).toThrow(message));

  it('keeps what is in the next one, and retires the rest', () => {
    const issuer = new TokenIssuer().addKey('old').addKey('kept');
    const first = new KeySet(issuer.jwks);
    issuer.removeKey('old');
    issuer.addKey('new');
    const second = new KeySet(issuer.jwks, first);
    expect(first.retireAllBut(second)).toBe(1);
    expect(first.keys.map(({ id, isRetired }) => [id, isRetired])).toEqual([
      ['old', true],
      ['kept', false],
    ]);
    expect(second.keys[0]).toBe(first.keys[1]);
  });

  it('takes a key of the same name for another one', () => {
    const issuer = new TokenIssuer().addKey('a');
    const first = new KeySet(issuer.jwks);
    issuer.removeKey('a');
    issuer.addKey('a');
    expect(first.retireAllBut(new KeySet(issuer.jwks, first))).toBe(1);
  });
});
