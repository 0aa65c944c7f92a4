import { describe, expect, it } from 'vitest';
import { admit } from './admit.js';
import { ANONYMOUS, createAuthenticator, LOCAL_OPERATOR, type Peer } from './authenticate.js';

const HERE: Peer = { address: '127.0.0.1', isLocal: () => true };
const ELSEWHERE: Peer = { address: '10.9.9.9', isLocal: () => false };

const withKeys = createAuthenticator(
  {
    keys: [
      { name: 'app', key: 'app-key-0123456789', scopes: ['infer'] },
      { name: 'ops', key: 'ops-key-0123456789', scopes: ['manage', 'observe'] },
    ],
    allowAnonymous: false,
  },
  { explicitControl: true },
);
const authenticate = (authorization: string | undefined) => withKeys(authorization, ELSEWHERE);

describe('createAuthenticator', () => {
  it.each([
    [false, false, HERE, ANONYMOUS],
    [false, true, HERE, LOCAL_OPERATOR],
    [true, false, HERE, ANONYMOUS],
    [true, true, HERE, LOCAL_OPERATOR],
    [true, false, ELSEWHERE, ANONYMOUS],
    [true, true, ELSEWHERE, ANONYMOUS],
  ])('without keys (allowed: %o, explicit: %o) lets %o in', (allowAnonymous, explicitControl, peer, principal) => {
    expect(createAuthenticator({ keys: [], allowAnonymous }, { explicitControl })(undefined, peer)).toBe(principal);
  });

  it.each([false, true])(
    'without keys refuses other machines unless they are allowed (explicit: %o)',
    (explicitControl) => {
      const open = createAuthenticator({ keys: [], allowAnonymous: false }, { explicitControl });
      expect(() => open('Bearer whatever', ELSEWHERE)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
    },
  );

  it('tells whose key it is, however the scheme is written', () => {
    expect(authenticate('Bearer app-key-0123456789').name).toBe('app');
    expect(authenticate('bearer  ops-key-0123456789 ').name).toBe('ops');
  });

  it.each([
    [undefined, 'this server needs a key: send `Authorization: Bearer <key>`'],
    ['Basic YTpi', 'the Authorization header must have the form `Bearer <key>`'],
    ['Bearer', 'the Authorization header must have the form `Bearer <key>`'],
    ['Bearer app-key-012345678', 'this key is not known'],
    ['Bearer app-key-01234567890', 'this key is not known'],
  ])('refuses %s', (header, message) => {
    expect(() => authenticate(header)).toThrow(expect.objectContaining({ code: 'unauthenticated', message }));
  });
});

describe('admit', () => {
  it('lets a principal with the scope pass and names the missing one otherwise', () => {
    const app = authenticate('Bearer app-key-0123456789');
    expect(() => admit(app, 'infer')).not.toThrow();
    expect(() => admit(app, 'manage')).toThrow(
      expect.objectContaining({
        code: 'permission_denied',
        message: "key 'app' lacks the scope 'manage' that this needs; it has: infer",
      }),
    );
  });
});
