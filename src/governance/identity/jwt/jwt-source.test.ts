import { createHmac } from 'node:crypto';
import { jwtVerify } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import {
  encode,
  ISSUER_URL,
  issuerOptions,
  TokenIssuer,
  type TokenParts,
} from '../../../../test/support/token-issuer.js';
import { EventBus, type MillraceError } from '../../../core/index.js';
import { AccessPolicy } from '../../access/policy.js';
import { storedIdentityOf } from '../stored-identity.js';
import { Issuer, type IssuerSetup } from './issuer.js';
import { IssuerKeys } from './issuer-keys.js';
import { JwtSource } from './jwt-source.js';
import { openIssuers } from './open-issuers.js';
import type { IssuerOptions } from './options.js';

const WELL_KNOWN = `${ISSUER_URL}/.well-known/openid-configuration`;

async function start(overrides: Partial<IssuerOptions> = {}) {
  const clock = new FakeClock();
  const issuer = new TokenIssuer({ nowMs: () => clock.wallNow() }).addKey('rsa', 'RS256').addKey('ec');
  const world = { isDown: false, asked: 0 };
  const issuers = await openIssuers([issuerOptions(overrides)], {
    policy: new AccessPolicy(),
    clock,
    events: new EventBus(),
    fetchJson: async ({ url }) => {
      world.asked++;
      if (world.isDown) throw new Error('nobody is there');
      return url === WELL_KNOWN ? issuer.document : issuer.jwks;
    },
  });
  if (issuers === undefined) throw new Error('there is an issuer');
  issuers.start();
  const { source } = issuers;
  /** The caller's name, or the code of the error and what the log says. */
  const ask = async (token: string) => {
    try {
      const { name } = (await source.principalOf(token, { address: '', isLocal: () => true })) ?? { name: '' };
      return name;
    } catch (error) {
      const { code, message, cause } = error as MillraceError;
      return [code, cause instanceof Error ? cause.message : message];
    }
  };
  return { clock, issuer, issuers, source, world, ask };
}

const refused = (why: string) => ['unauthenticated', why];

it('without issuers there is nothing', async () => {
  const setup = { policy: new AccessPolicy(), clock: new FakeClock(), events: new EventBus() };
  expect(await openIssuers([], setup)).toBeUndefined();
});

describe('a token', () => {
  it.each<[string, TokenParts]>([
    ['of RSA', { kid: 'rsa' }],
    ['of an elliptic curve', { kid: 'ec' }],
    ['for several audiences', { claims: { aud: ['other', 'millrace'] } }],
    ['of the plain type', { header: { typ: 'JWT' }, claims: { scope: 'call' } }],
  ])('%s names its caller', async (_, parts) => {
    const { issuer, ask } = await start();
    expect(await ask(issuer.token(parts))).toBe('oidc:login.example.com/alice');
  });

  it('of Edwards curves, without kid, with a name and groups of its own', async () => {
    const { issuer, source, clock } = await start({
      name: 'corp',
      groupsClaim: 'realm_access.roles',
      principalClaim: 'email',
    });
    issuer.addKey('ed', 'EdDSA');
    await clock.advance(10_000);
    const claims = { email: 'a@example.com', realm_access: { roles: ['fraud-team'] } };
    const token = issuer.token({ header: { kid: undefined }, claims });
    const principal = await source.principalOf(token, { address: '', isLocal: () => true });
    expect(principal).toMatchObject({ name: 'oidc:corp/a@example.com', groups: ['fraud-team'] });
  });

  it('has its end in what is stored of its caller, by whose clock it is accepted until then', async () => {
    const { issuer, source, clock } = await start();
    const principal = await source.principalOf(issuer.token(), { address: '', isLocal: () => true });
    expect(principal && storedIdentityOf(principal).endsAtMs).toBe(clock.wallNow() + 330_000);
  });

  it('that is known is looked up at once, and it is the same caller', async () => {
    const { issuer, source } = await start();
    const peer = { address: '', isLocal: () => true };
    const token = issuer.token();
    const [first, second] = [source.principalOf(token, peer), source.principalOf(token, peer)];
    expect([first instanceof Promise, first === second]).toEqual([true, true]);
    const caller = await first;
    expect(source.principalOf(token, peer)).toBe(caller);
  });

  it('is known by its clock: until it expires, and not again when the clock jumps back', async () => {
    const { clock, issuer, ask } = await start();
    const token = issuer.token();
    await ask(token);
    await clock.advance(329_999);
    expect(await ask(token)).toBe('oidc:login.example.com/alice');
    await clock.advance(1);
    const expired = refused(`it expired at ${new Date(clock.wallNow()).toISOString()}`);
    expect(await ask(token)).toEqual(expired);
    await clock.advance(-100_000);
    expect(await ask(token)).toEqual(expired);
  });

  it('that is not yet valid to a clock that jumped back is refused', async () => {
    const { clock, issuer, ask } = await start();
    const token = issuer.token({ claims: { nbf: Math.floor(clock.wallNow() / 1_000) } });
    await ask(token);
    await clock.advance(-40_000);
    expect(await ask(token)).toEqual(['unauthenticated', expect.stringMatching(/^it holds from /)]);
  });
});

describe('a token of the wrong kind', () => {
  const hmac = (signed: string, secret: string) =>
    `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  const hour = 3_600;
  const now = Math.floor(new FakeClock().wallNow() / 1_000);
  const claims = { iss: ISSUER_URL, aud: 'millrace', sub: 'alice', exp: now + hour };

  it.each<[string, (issuer: TokenIssuer) => string, string]>([
    ['expired', (issuer) => issuer.token({ claims: { exp: now - 31 } }), '"exp" claim timestamp check failed'],
    ['without an end', (issuer) => issuer.token({ claims: { exp: undefined } }), 'missing required "exp" claim'],
    [
      'with an end that is text',
      (issuer) => issuer.token({ claims: { exp: 'never' } }),
      '"exp" claim must be a number',
    ],
    ['early', (issuer) => issuer.token({ claims: { nbf: now + 32 } }), '"nbf" claim timestamp check failed'],
    ['for somebody else', (issuer) => issuer.token({ claims: { aud: 'other' } }), 'unexpected "aud" claim value'],
    [
      'for one that begins like us',
      (issuer) => issuer.token({ claims: { aud: 'millrace.evil' } }),
      'unexpected "aud" claim value',
    ],
    [
      'for us within another list',
      (issuer) => issuer.token({ claims: { aud: [['millrace']] } }),
      'unexpected "aud" claim value',
    ],
    ['for nobody', (issuer) => issuer.token({ claims: { aud: undefined } }), 'missing required "aud" claim'],
    [
      'of another issuer',
      (issuer) => issuer.token({ claims: { iss: 'https://evil.example' } }),
      'nobody knows its issuer "https://evil.example"',
    ],
    ['of no issuer', (issuer) => issuer.token({ claims: { iss: undefined } }), 'nobody knows its issuer undefined'],
    ['without a caller', (issuer) => issuer.token({ claims: { sub: undefined } }), 'its claim sub is no text'],
    [
      'that says alg none',
      () => `${encode({ alg: 'none' })}.${encode(claims)}.`,
      "its signature is of the algorithm 'none', which is not accepted",
    ],
    [
      'that says alg NONE',
      () => `${encode({ alg: 'nOnE' })}.${encode(claims)}.`,
      "its signature is of the algorithm 'nOnE', which is not accepted",
    ],
    [
      'without alg',
      () => `${encode({ typ: 'JWT' })}.${encode(claims)}.`,
      "its signature is of the algorithm 'undefined', which is not accepted",
    ],
    ['without a signature', (issuer) => issuer.token().replace(/[^.]+$/, ''), 'signature verification failed'],
    [
      'whose signature is of other claims',
      (issuer) => issuer.token().replace(/\.[^.]+\./, `.${encode({ ...claims, sub: 'root' })}.`),
      'signature verification failed',
    ],
    [
      'signed by HMAC with the public key',
      (issuer) => hmac(`${encode({ alg: 'HS256', kid: 'rsa' })}.${encode(claims)}`, issuer.pemOf('rsa')),
      "its signature is of the algorithm 'HS256', which is not accepted",
    ],
    [
      'of a key for something else',
      (issuer) => issuer.token({ kid: 'ec', header: { kid: 'rsa' } }),
      'issuer \'login.example.com\' has no key "rsa" for ES256',
    ],
    [
      'of a key that nobody knows',
      (issuer) => new TokenIssuer({ nowMs: () => now * 1_000 }).addKey('x').token() || issuer.url,
      'issuer \'login.example.com\' has no key "x" for ES256',
    ],
    [
      'that brings its own key',
      (issuer) => issuer.token({ header: { kid: 'y', jwk: issuer.jwks.keys[0], jku: 'https://evil.example' } }),
      'issuer \'login.example.com\' has no key "y" for ES256',
    ],
    [
      'whose kid is a path',
      (issuer) => issuer.token({ header: { kid: '../../../../dev/null' } }),
      'issuer \'login.example.com\' has no key "../../../../dev/null" for ES256',
    ],
    [
      'whose kid is a member of every object',
      (issuer) => issuer.token({ header: { kid: '__proto__' } }),
      'issuer \'login.example.com\' has no key "__proto__" for ES256',
    ],
    [
      'with a signature of zeros',
      (issuer) => issuer.token({ kid: 'ec' }).replace(/[^.]+$/, 'A'.repeat(86)),
      'signature verification failed',
    ],
    [
      'with a header member twice',
      (issuer) => issuer.tokenOf('{"alg":"none","alg":"ES256","kid":"ec"}', JSON.stringify(claims)),
      'its header has "alg" twice',
    ],
    [
      'with another token in it',
      (issuer) => issuer.tokenOf('{"alg":"ES256","kid":"ec","cty":"JWT"}', JSON.stringify(issuer.token())),
      'its payload is no JSON object',
    ],
    ['with a kid that is no text', (issuer) => issuer.token({ header: { kid: 7 } }), 'its kid is no text'],
    [
      'with critical parameters',
      (issuer) => issuer.token({ header: { crit: ['b64'], b64: true } }),
      'its header has critical parameters (crit)',
    ],
    [
      'of more than 16 KiB',
      (issuer) => issuer.token({ claims: { x: 'a'.repeat(16_384) } }),
      expect.stringMatching(/^it has \d+ bytes; expected at most 16384$/),
    ],
    [
      'with a claim twice',
      (issuer) => issuer.tokenOf('{"alg":"ES256","kid":"ec"}', `${JSON.stringify(claims).slice(0, -1)},"sub":"root"}`),
      'its payload has "sub" twice',
    ],
    [
      'that is an ID token',
      (issuer) => issuer.token({ header: { typ: 'JWT' }, claims: { nonce: 'n' } }),
      'it is an ID token: it has the claim nonce',
    ],
    [
      'with groups that are none',
      (issuer) => issuer.token({ claims: { groups: [{ name: 'admin' }] } }),
      'its claim groups is no text or list of texts',
    ],
  ])('%s is refused, and only the log says why', async (_, make, why) => {
    const { issuer, ask, source } = await start({ groupsClaim: 'groups' });
    const token = make(issuer);
    expect(source.takes(token)).toBe(true);
    expect(await ask(token)).toEqual(refused(why));
    await expect(source.principalOf(token, { address: '', isLocal: () => true })).rejects.toThrow(
      /^this token is not accepted$/,
    );
  });

  it('of an algorithm that the settings do not name is refused', async () => {
    const { issuer, ask } = await start({ algorithms: ['RS256'] });
    expect(await ask(issuer.token({ kid: 'ec' }))).toEqual(
      refused("its signature is of the algorithm 'ES256', which is not accepted"),
    );
    expect(await ask(issuer.token({ kid: 'rsa' }))).toBe('oidc:login.example.com/alice');
  });
});

describe('keys that change', () => {
  it('a new one is learnt of by its first token, and tokens of one that is gone are refused, known or not', async () => {
    const { clock, issuer, ask } = await start();
    const [known, unknown] = [issuer.token(), issuer.token({ claims: { jti: '2' } })];
    await ask(known);
    issuer.addKey('next');
    await clock.advance(10_000);
    expect(await ask(issuer.token())).toBe('oidc:login.example.com/alice');
    issuer.removeKey('ec');
    await clock.advance(300_000 - 10_001);
    expect(await ask(known)).toBe('oidc:login.example.com/alice');
    await clock.advance(10_001);
    const gone = refused('issuer \'login.example.com\' has no key "ec" for ES256');
    expect([await ask(known), await ask(unknown)]).toEqual([gone, gone]);
  });

  it('a token whose key is retired while its signature is checked is refused', async () => {
    const clock = new FakeClock();
    const issuer = new TokenIssuer({ nowMs: () => clock.wallNow() }).addKey('ec').addKey('other');
    const options = issuerOptions({ jwksUri: `${ISSUER_URL}/jwks` });
    const fetchJson = async () => issuer.jwks;
    const keys = new IssuerKeys(options, { clock, events: new EventBus(), fetchJson });
    onTestFinished(() => keys.close());
    const verify: IssuerSetup['verify'] = async (...parts) => {
      const verified = await jwtVerify(...parts);
      issuer.removeKey('ec');
      await clock.advance(options.refreshMs);
      return verified;
    };
    const issuers = new Map([[options.issuer, new Issuer(options, { clock, keys, verify })]]);
    const source = new JwtSource({ issuers, policy: new AccessPolicy(), clock });
    const token = issuer.token({ kid: 'ec', claims: { exp: Math.floor(clock.wallNow() / 1_000) + 7_200 } });
    await expect(source.principalOf(token)).rejects.toMatchObject({
      code: 'unauthenticated',
      cause: { message: 'its key has been retired meanwhile' },
    });
  });

  it('an issuer that is down keeps known tokens for a time, and is unavailable after that', async () => {
    const { clock, issuer, ask, world } = await start({ maxStaleMs: 600_000 });
    const token = issuer.token({ claims: { exp: Math.floor(clock.wallNow() / 1_000) + 7_200 } });
    await ask(token);
    world.isDown = true;
    await clock.advance(600_000);
    expect([await ask(token), await ask(issuer.token())]).toEqual(Array(2).fill('oidc:login.example.com/alice'));
    await clock.advance(1);
    const down = ['unavailable', "the issuer 'login.example.com' of this token cannot be reached; try again later"];
    expect([await ask(token), await ask(issuer.token())]).toEqual([down, down]);
    world.isDown = false;
    // It is tried for the sake of a token, before its turn.
    await clock.advance(1_000);
    expect(await ask(token)).toBe('oidc:login.example.com/alice');
  });

  it('nobody is asked any more once it is closed', async () => {
    const { clock, issuers, issuer, ask } = await start();
    await ask(issuer.token());
    issuers.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
