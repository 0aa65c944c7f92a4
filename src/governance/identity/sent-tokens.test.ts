import { expect, it } from 'vitest';
import { SentTokens } from './sent-tokens.js';
import type { TokenSource } from './token-source.js';

/** A source of tokens that begin so; says how often it was asked whether it takes one. */
function sourceOf(prefix: string) {
  let asked = 0;
  const source: TokenSource = {
    takes(token) {
      asked++;
      return token.startsWith(prefix);
    },
    principalOf: () => undefined,
  };
  return { source, asked: () => asked };
}

it('reads the header of a key in use once', () => {
  const { source, asked } = sourceOf('mr_');
  const tokens = new SentTokens([source]);
  for (let time = 0; time < 3; time++) {
    const sent = tokens.read('bearer  mr_key ');
    expect([sent.token, sent.source]).toEqual(['mr_key', source]);
    tokens.remember('bearer  mr_key ', sent);
  }
  expect(asked()).toBe(1);
});

it('keeps no header whose token nobody has taken, and none that is longer than keys are', () => {
  const { source, asked } = sourceOf('');
  const tokens = new SentTokens([source]);
  tokens.read('Bearer wrong');
  tokens.read('Bearer wrong');
  const jwt = `Bearer ${'x'.repeat(200)}`;
  tokens.remember(jwt, tokens.read(jwt));
  tokens.read(jwt);
  expect(asked()).toBe(4);
});

it('keeps a thousand of them', () => {
  const { source, asked } = sourceOf('');
  const tokens = new SentTokens([source]);
  const use = (index: number) => {
    const header = `Bearer ${index}`;
    tokens.remember(header, tokens.read(header));
  };
  for (let index = 0; index <= 1_000; index++) use(index);
  use(0);
  expect(asked()).toBe(1_002);
  use(1_000);
  expect(asked()).toBe(1_002);
});

it.each([undefined, 'Basic abc', 'Bearer', 'Bearer a b'])('has no token in %o', (header) => {
  expect(() => new SentTokens([]).read(header)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
});
