import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { ACTIONS, MillraceError, type Principal } from '../../core/index.js';
import { admit } from '../access/admit.js';
import { ANONYMOUS, EMBEDDING_PROGRAM, LOCAL_OPERATOR } from '../access/anonymous.js';
import { AccessPolicy } from '../access/policy.js';
import type { AuthOptions } from '../options.js';
import { createAuthenticator } from './authenticate.js';
import type { Peer } from './token-source.js';

const HERE: Peer = { address: '127.0.0.1', isLocal: () => true };
const ELSEWHERE: Peer = { address: '10.9.9.9', isLocal: () => false };

const KEYS: AuthOptions['keys'] = [
  { name: 'app', key: 'app-key-0123456789', scopes: ['infer'] },
  { name: 'ops', key: 'ops-key-0123456789', scopes: ['manage', 'observe'] },
];

function start(options: Partial<AuthOptions>, explicitControl = true) {
  const clock = new FakeClock();
  const anonymousScopes: AuthOptions['anonymousScopes'] = ['infer', 'observe'];
  const all = { keys: KEYS, allowAnonymous: false, anonymousScopes, maxFailedKeysPerMinute: 3, ...options };
  const policy = new AccessPolicy();
  const authenticator = createAuthenticator(all, { explicitControl, clock, policy });
  /** Static keys are known at once. */
  const authenticate = (authorization: string | undefined, peer: Peer) =>
    authenticator.authenticate(authorization, peer) as Principal;
  return { ...authenticator, authenticate, clock };
}

const withKeys = start({ maxFailedKeysPerMinute: 0 });
const authenticate = (authorization: string | undefined) => withKeys.authenticate(authorization, ELSEWHERE);

describe('createAuthenticator', () => {
  it.each([
    [false, false, HERE, ANONYMOUS],
    [false, true, HERE, LOCAL_OPERATOR],
    [true, false, HERE, ANONYMOUS],
    [true, true, HERE, LOCAL_OPERATOR],
    [true, false, ELSEWHERE, ANONYMOUS],
    [true, true, ELSEWHERE, ANONYMOUS],
  ])('without keys (allowed: %o, explicit: %o) lets %o in', (allowAnonymous, explicitControl, peer, principal) => {
    const open = start({ keys: [], allowAnonymous }, explicitControl);
    expect(open.authenticate(undefined, peer).rights.summary).toBe(principal.rights.summary);
  });

  it('without keys lets everybody do what the settings say', () => {
    const { authenticate: ask } = start({ keys: [], allowAnonymous: true, anonymousScopes: ['infer', 'manage'] });
    const everybody = ask(undefined, ELSEWHERE);
    expect([everybody.id, everybody.rights.summary]).toEqual(['anonymous', 'caller, operator, publisher']);
    expect(() => admit(everybody, 'setting.read', '*')).not.toThrow();
    expect(() => admit(everybody, 'quota.read', '')).not.toThrow();
    expect(() => admit(everybody, 'access.read', '')).toThrow("this needs the right 'access.read': without a key");
  });

  it.each(['key.read', 'key.change', 'audit.read', 'payload.read', 'payload.erase', 'server.manage'] as const)(
    'without keys allows %s to no caller',
    (action) => {
      const { authenticate: ask } = start({ keys: [], allowAnonymous: true, anonymousScopes: ['manage', 'observe'] });
      const made =
        'stop the server, make a key (`millrace keys create admin --grant admin --store <store.path>`), and start it with `--auth-required`';
      for (const peer of [HERE, ELSEWHERE]) {
        expect(() => admit(ask(undefined, peer), action, '*')).toThrow(
          `this needs the right '${action}', which no caller has without a key: ${made}`,
        );
      }
    },
  );

  it('without keys allows every other action to callers on this machine in explicit mode', () => {
    const { authenticate: ask } = start({ keys: [] });
    const { rights } = ask(undefined, HERE);
    const denied = ['server.manage', 'key.read', 'key.change', 'audit.read', 'payload.read', 'payload.erase'];
    expect(ACTIONS.filter((action) => !rights.allow(action, '*'))).toEqual(denied);
    expect(ACTIONS.filter((action) => !EMBEDDING_PROGRAM.rights.allow(action, '*'))).toEqual([]);
  });

  it.each([false, true])(
    'without keys refuses other machines unless they are allowed (explicit: %o)',
    (explicitControl) => {
      const open = start({ keys: [] }, explicitControl);
      expect(() => open.authenticate('Bearer whatever', ELSEWHERE)).toThrow(
        expect.objectContaining({ code: 'unauthenticated' }),
      );
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

describe('keys that nobody has', () => {
  const from = (address: string): Peer => ({ address, isLocal: () => false });
  const [HERS, THEIRS] = [from('10.0.0.1'), from('10.0.0.2')];
  const outcome = (work: () => { readonly name: string }) => {
    try {
      return work().name;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const UNKNOWN = 'this key is not known';
  const TOO_MANY = 'too many unknown keys came from this address; try again later';

  it('are refused by address once there were too many, until a minute has passed', async () => {
    const { authenticate: ask, clock } = start({});
    const guess = (peer: Peer) => outcome(() => ask('Bearer a-guess-0123456789', peer));
    expect([1, 2, 3, 4].map(() => guess(HERS))).toEqual([UNKNOWN, UNKNOWN, UNKNOWN, TOO_MANY]);
    expect(guess(THEIRS)).toBe(UNKNOWN);
    await clock.advance(59_000);
    expect(() => ask('Bearer a-guess-0123456789', HERS)).toThrow(
      expect.objectContaining({ code: 'resource_exhausted', retryAfterMs: 1_000 }),
    );
    await clock.advance(1_000);
    expect(guess(HERS)).toBe(UNKNOWN);
  });

  it('make nobody learn of a right one, and lock out nobody whose key came from there before', () => {
    const { authenticate: ask, replaceKeys } = start({});
    const say = (key: string) => outcome(() => ask(`Bearer ${key}`, HERS));
    expect(say('app-key-0123456789')).toBe('app');
    for (let guess = 0; guess < 5; guess++) say(`guess-${guess}-0123456789`);
    expect(say('app-key-0123456789')).toBe('app');
    expect(say('ops-key-0123456789')).toBe(TOO_MANY);
    replaceKeys([{ name: 'app', key: 'app-key-9876543210', scopes: ['infer'] }]);
    expect(say('app-key-9876543210')).toBe('app');
  });

  it('are refused as unknown however many there are, where there is no limit', () => {
    const { authenticate: ask } = start({ maxFailedKeysPerMinute: 0 });
    const guesses = Array.from({ length: 50 }, () => outcome(() => ask('Bearer a-guess-0123456789', HERS)));
    expect(new Set(guesses)).toEqual(new Set([UNKNOWN]));
  });
});

it('replaced keys hold at once, and the old ones no longer', () => {
  const { authenticate: ask, replaceKeys } = start({});
  replaceKeys([{ name: 'app', key: 'new-key-0123456789', scopes: ['observe'] }]);
  const { name, id, rights } = ask('Bearer new-key-0123456789', ELSEWHERE);
  expect([name, id, rights.summary]).toEqual(['app', 'key:app', 'viewer']);
  expect(() => ask('Bearer app-key-0123456789', ELSEWHERE)).toThrow('this key is not known');
});

describe('admit', () => {
  it('lets a principal with the right pass and names the missing one otherwise', () => {
    const app = authenticate('Bearer app-key-0123456789');
    expect(() => admit(app, 'model.infer', 'm')).not.toThrow();
    expect(() => admit(app, 'model.load', 'm')).toThrow(
      expect.objectContaining({
        code: 'permission_denied',
        message: "'key:app' lacks the right 'model.load' on 'm'; its roles: caller",
      }),
    );
  });
});

describe('a signed request', () => {
  const signedBy = (name: string) => Promise.resolve(name);
  const wrong = () => Promise.reject(new MillraceError('unauthenticated', 'the signature is wrong'));

  it('is of the key in whose place it is signed', async () => {
    const { authenticateSigner } = start({});
    expect((await authenticateSigner(signedBy('app'), ELSEWHERE)).rights.summary).toBe('caller');
    await expect(authenticateSigner(signedBy('gone'), ELSEWHERE)).rejects.toThrow('this key is not known');
  });

  it('counts as an unknown key where its signature is wrong', async () => {
    const { authenticateSigner } = start({});
    for (let guess = 0; guess < 3; guess++) {
      await expect(authenticateSigner(wrong(), ELSEWHERE)).rejects.toThrow('the signature is wrong');
    }
    await expect(authenticateSigner(wrong(), ELSEWHERE)).rejects.toThrow('too many unknown keys');
    await expect(authenticateSigner(signedBy('app'), ELSEWHERE)).rejects.toThrow('too many unknown keys');
    await expect(authenticateSigner(signedBy('app'), HERE)).resolves.toMatchObject({ name: 'app' });
  });

  it('is read and checked where there are no keys, too', async () => {
    const { authenticateSigner } = start({ keys: [] });
    let isChecked = false;
    const check = async () => {
      await new Promise(setImmediate);
      isChecked = true;
      return 'app';
    };
    expect([await authenticateSigner(check(), HERE), isChecked]).toEqual([LOCAL_OPERATOR, true]);
    await expect(authenticateSigner(wrong(), HERE)).rejects.toThrow('the signature is wrong');
    await expect(authenticateSigner(wrong(), ELSEWHERE)).rejects.toThrow('the signature is wrong');
    await expect(authenticateSigner(signedBy('app'), ELSEWHERE)).rejects.toThrow('this server has no keys');
  });

  it('counts as nothing where it cannot be read', async () => {
    const { authenticateSigner } = start({});
    const broken = () => Promise.reject(new MillraceError('cancelled', 'the client is gone'));
    for (let time = 0; time < 4; time++) {
      await expect(authenticateSigner(broken(), ELSEWHERE)).rejects.toThrow('the client is gone');
    }
  });
});
