import { describe, expect, it } from 'vitest';
import { encode } from '../../../../test/support/token-issuer.js';
import { decodeToken, looksLikeJwt } from './decode-token.js';

const text = (value: string) => Buffer.from(value).toString('base64url');

describe('looksLikeJwt', () => {
  it.each(['eyJ.e.s', 'eyJ..', 'eyJh.eyJ.'])('%s does', (token) => expect(looksLikeJwt(token)).toBe(true));
  it.each(['', 'eyJ', 'eyJ.a', 'eyJ.a.b.c', 'eyJ.a.b.c.d', 'mr_a.b.c', 'a-key-0123456789'])('%s does not', (token) =>
    expect(looksLikeJwt(token)).toBe(false),
  );
});

describe('decodeToken', () => {
  it('reads header and claims', () => {
    const token = `${encode({ alg: 'RS256' })}.${encode({ sub: 'ä' })}.AA`;
    expect(decodeToken(token)).toEqual({ header: { alg: 'RS256' }, claims: { sub: 'ä' } });
  });

  it.each([
    [`eyJ${'a'.repeat(16_384)}..`, 'it has 16389 bytes; expected at most 16384'],
    ['eyJ+/.e30.', 'its header is not base64url'],
    [`${encode({})}..`, 'its payload is not base64url'],
    [`${text('{"alg"')}.e30.`, 'its header is no JSON object'],
    [`${text('[1]')}.e30.`, 'its header is no JSON object'],
    [`${encode({})}.${text('null')}.`, 'its payload is no JSON object'],
    [`${text('{"alg":"none","alg":"RS256"}')}.e30.`, 'its header has "alg" twice'],
    [`${encode({})}.${text('{"sub":"a","x":1,"sub":"b"}')}.`, 'its payload has "sub" twice'],
    [`${encode({ crit: ['exp'] })}.e30.`, 'its header has critical parameters (crit)'],
  ])('refuses %.40s…', (token, message) => expect(() => decodeToken(token)).toThrow(message));
});
