import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { ISSUER_URL, issuerOptions, TokenIssuer } from '../../../../test/support/token-issuer.js';
import { EventBus } from '../../../core/index.js';
import { IssuerKeys } from './issuer-keys.js';
import type { IssuerOptions } from './options.js';

const WELL_KNOWN = `${ISSUER_URL}/.well-known/openid-configuration`;

/** An issuer with the key `one`, and what asks for its keys. `answer` says what is at an address. */
function start(overrides: Partial<IssuerOptions> = {}) {
  const clock = new FakeClock();
  const events = new EventBus();
  const said: string[] = [];
  events.subscribe('diagnostic', ({ level, message }) => said.push(`${level}: ${message}`));
  const issuer = new TokenIssuer().addKey('one');
  const asked: string[] = [];
  const world = {
    answer: async (url: string): Promise<unknown> => (url === WELL_KNOWN ? issuer.document : issuer.jwks),
  };
  const keys = new IssuerKeys(issuerOptions(overrides), {
    clock,
    events,
    fetchJson: async ({ url }) => {
      asked.push(url);
      return await world.answer(url);
    },
  });
  const find = async (kid: string) => {
    const found = await keys.find({ kid, alg: 'ES256' }).catch((error: Error) => error.message);
    return typeof found === 'string' ? found : found?.id;
  };
  const goDown = () => {
    world.answer = () => Promise.reject(new Error('nobody is there'));
  };
  const goUp = () => {
    world.answer = async (url) => (url === WELL_KNOWN ? issuer.document : issuer.jwks);
  };
  return { clock, said, issuer, asked, world, keys, find, goDown, goUp };
}

const UNREACHABLE = "the issuer 'login.example.com' of this token cannot be reached; try again later";

describe('the keys of an issuer', () => {
  it('are found by its document', async () => {
    const { keys, asked, find, said } = start();
    await keys.start();
    expect(asked).toEqual([WELL_KNOWN, `${ISSUER_URL}/jwks`]);
    expect(await find('one')).toBe('one');
    expect(said).toEqual(["info: issuer 'login.example.com' has 1 keys: 1 new, 0 retired"]);
  });

  it.each([
    [{ discoveryUrl: 'https://10.0.0.1/d' }, ['https://10.0.0.1/d', `${ISSUER_URL}/jwks`]],
    [{ jwksUri: 'https://10.0.0.1/j' }, ['https://10.0.0.1/j']],
  ])('are where %j says', async (overrides, expected) => {
    const { keys, asked, world, issuer } = start(overrides);
    world.answer = async (url) => (url.endsWith('/d') ? issuer.document : issuer.jwks);
    await keys.start();
    expect(asked).toEqual(expected);
  });

  it('are waited for by who comes first', async () => {
    const { keys, find } = start();
    void keys.start();
    expect(await find('one')).toBe('one');
  });

  it('are read again from time to time, and what is gone is retired', async () => {
    const { keys, clock, issuer, find, said } = start({ refreshMs: 60_000 });
    await keys.start();
    const one = await keys.find({ kid: 'one', alg: 'ES256' });
    issuer.removeKey('one');
    issuer.addKey('two');
    await clock.advance(60_000);
    expect([one?.isRetired, await find('two')]).toEqual([true, 'two']);
    expect(said.at(-1)).toBe("info: issuer 'login.example.com' has 1 keys: 1 new, 1 retired");
  });

  it('are asked for again when a token has another one, but not more often than every ten seconds', async () => {
    const { keys, clock, issuer, find, asked } = start();
    await keys.start();
    issuer.addKey('two');
    await clock.advance(9_999);
    expect([await find('two'), asked.length]).toEqual([undefined, 2]);
    await clock.advance(1);
    expect(await Promise.all([find('two'), find('two'), find('none')])).toEqual(['two', 'two', undefined]);
    expect(asked.length).toBe(4);
    for (let guess = 0; guess < 50; guess++) await find(`guess-${guess}`);
    expect(asked.length).toBe(4);
  });

  it('end with the server', async () => {
    const { keys, clock } = start();
    await keys.start();
    keys.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('are not read again where the server ends while they are being read', async () => {
    const { keys, clock } = start();
    const reading = keys.start();
    keys.close();
    await reading;
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('an issuer that is down', () => {
  it('keeps its keys for as long as the settings say, and is tried again meanwhile', async () => {
    const { keys, clock, find, goDown, goUp, said } = start({ refreshMs: 60_000, maxStaleMs: 600_000 });
    await keys.start();
    goDown();
    await clock.advance(600_000);
    expect([await find('one'), await find('two')]).toEqual(['one', UNREACHABLE]);
    await clock.advance(1);
    expect(await find('one')).toBe(UNREACHABLE);
    expect(said.slice(1)).toEqual([
      "warn: the keys of issuer 'login.example.com' cannot be read, the keys that are known hold for 540 s more: nobody is there",
    ]);
    goUp();
    await clock.advance(60_000);
    expect([await find('one'), await find('none')]).toEqual(['one', undefined]);
    expect(said.at(-1)).toBe("info: issuer 'login.example.com' has 1 keys: 0 new, 0 retired");
  });

  it('from the start on has no keys, and is asked when a token comes, but at most once a second', async () => {
    const { keys, clock, find, goDown, goUp, said, asked } = start();
    goDown();
    await keys.start();
    expect(await find('one')).toBe(UNREACHABLE);
    expect(said).toEqual([
      "warn: the keys of issuer 'login.example.com' cannot be read, its tokens get 503: nobody is there",
    ]);
    expect(asked.length).toBe(1);
    goUp();
    await clock.advance(1_000);
    expect(await find('one')).toBe('one');
  });

  it('is unavailable, and that says when to try again', async () => {
    const { keys, goDown } = start();
    goDown();
    await keys.start();
    await expect(keys.find({ kid: 'one', alg: 'ES256' })).rejects.toThrow(
      expect.objectContaining({ code: 'unavailable', retryAfterMs: 1_000, message: UNREACHABLE }),
    );
  });

  it('is asked less and less often', async () => {
    const { keys, clock, asked, goDown } = start();
    goDown();
    await keys.start();
    await clock.advance(1_000 + 2_000 + 4_000 + 8_000 + 16_000 + 32_000 + 60_000 + 60_000);
    expect(asked.length).toBe(9);
  });
});

describe('a document that cannot be right', () => {
  it.each<[string, unknown, string]>([
    [
      'is that of another',
      { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/j' },
      "is the document of issuer 'https://evil.example'; expected 'https://login.example.com'",
    ],
    ['has nothing', null, "is the document of issuer 'undefined'; expected 'https://login.example.com'"],
    ['names no keys', { issuer: ISSUER_URL }, 'has no jwks_uri'],
    [
      'leads to where nothing is encrypted',
      { issuer: ISSUER_URL, jwks_uri: 'http://login.example.com/j' },
      "is not asked: 'http://login.example.com/j' is not encrypted: expected https (http on loopback only)",
    ],
    [
      'leads to a file',
      { issuer: ISSUER_URL, jwks_uri: 'file:///etc/passwd' },
      "is not asked: 'file:///etc/passwd' is not encrypted: expected https (http on loopback only)",
    ],
  ])('%s', async (_, document, problem) => {
    const { keys, world, said, asked, find } = start();
    world.answer = async () => document;
    await keys.start();
    expect([said.length, said[0]?.endsWith(problem), asked.length, await find('one')]).toEqual([
      1,
      true,
      1,
      UNREACHABLE,
    ]);
  });

  it('changes nothing of what is known', async () => {
    const { keys, world, clock, find } = start();
    await keys.start();
    world.answer = async () => ({});
    await clock.advance(300_000);
    expect(await find('one')).toBe('one');
  });
});
