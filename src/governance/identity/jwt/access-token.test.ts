import { describe, expect, it } from 'vitest';
import { type AccessTokenRule, whyNoAccessToken } from './access-token.js';

const PLAIN: AccessTokenRule = { audience: 'millrace', tokens: 'access' };
const why = (header: object, claims: object, rule = PLAIN) =>
  whyNoAccessToken({ header: { ...header }, claims: { ...claims } }, rule);

describe('an access token', () => {
  it.each<[string, object, object]>([
    ['of RFC 9068', { typ: 'at+jwt' }, { nonce: 'n' }],
    ['of RFC 9068, written in full', { typ: 'application/AT+JWT' }, {}],
    ['of Kubernetes', {}, { sub: 'system:serviceaccount:prod:app', 'kubernetes.io': {} }],
    ['of Keycloak before version 24', { typ: 'JWT' }, { typ: 'Bearer', azp: 'web', nonce: 'n' }],
    ['of Cognito', {}, { token_use: 'access', client_id: 'c' }],
    ['of Azure for another client', { typ: 'JWT' }, { aud: 'millrace', azp: 'web', scp: 'call' }],
    ['that a service gets for itself', { typ: 'JWT' }, { aud: 'millrace', azp: 'millrace', scope: 'call' }],
  ])('%s is one', (_, header, claims) => expect(why(header, claims)).toBeUndefined());

  it.each<[string, object, object, string]>([
    ['an ID token with a nonce', { typ: 'JWT' }, { nonce: 'n' }, 'it is an ID token: it has the claim nonce'],
    ['one that goes with an access token', {}, { at_hash: 'h' }, 'it is an ID token: it has the claim at_hash'],
    ['one that goes with a code', {}, { c_hash: 'h' }, 'it is an ID token: it has the claim c_hash'],
    [
      'one that says nothing but who and for whom',
      {},
      { sub: 'alice', aud: 'millrace', iat: 1, exp: 2 },
      'nothing in it says that it is an access token: it may be an ID token',
    ],
    [
      'one of Entra ID',
      { typ: 'JWT' },
      { roles: ['admin'], tid: 't', ver: '2.0' },
      'nothing in it says that it is an access token: it may be an ID token',
    ],
    [
      'one that has a scope nevertheless',
      { typ: 'JWT' },
      { scope: 's', nonce: 'n' },
      'it is an ID token: it has the claim nonce',
    ],
    ['an ID token of Keycloak', { typ: 'JWT' }, { typ: 'ID' }, "its claim typ is 'ID': it is no access token"],
    ['a refresh token', {}, { typ: 'Refresh', scope: 's' }, "its claim typ is 'Refresh': it is no access token"],
    ['an ID token of Cognito', {}, { token_use: 'id' }, "its claim token_use is 'id': it is no access token"],
    ['a logout token', { typ: 'logout+jwt' }, {}, "its type is 'logout+jwt'; expected 'at+jwt' or 'JWT'"],
    ['a logout token without a type', {}, { events: {} }, 'it tells of events (RFC 8417)'],
    ['what has no type that is text', { typ: 1 }, {}, "its type is '?'; expected 'at+jwt' or 'JWT'"],
  ])('%s is none', (_, header, claims, message) => expect(why(header, claims)).toBe(message));

  it('must say so in its header where the settings want that', () => {
    const strict: AccessTokenRule = { ...PLAIN, tokens: 'at+jwt' };
    expect(why({ typ: 'at+jwt' }, {}, strict)).toBeUndefined();
    expect(why({ typ: 'JWT' }, { typ: 'Bearer' }, strict)).toBe("its type is 'jwt'; expected 'at+jwt'");
    expect(why({}, {}, strict)).toBe("its type is ''; expected 'at+jwt'");
  });

  it('need not say so where the settings allow that, but may not say that it is another', () => {
    const any: AccessTokenRule = { ...PLAIN, tokens: 'any' };
    expect(why({ typ: 'JWT' }, { sub: 'spiffe://example.com/scorer', aud: 'millrace' }, any)).toBeUndefined();
    expect(why({}, { nonce: 'n' }, any)).toBe('it is an ID token: it has the claim nonce');
    expect(why({}, { aud: 'millrace', azp: 'millrace' }, any)).toBe(
      'it is an ID token: its audience is the client that asked for it (azp)',
    );
  });
});
