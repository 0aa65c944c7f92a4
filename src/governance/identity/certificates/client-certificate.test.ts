import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAltNames } from './client-certificate.js';

describe('alternative names as Node writes them', () => {
  it.each([
    ['', []],
    ['DNS:a.example', [['DNS', 'a.example']]],
    [
      'DNS:a.example, URI:spiffe://b/c:d, email:e@f, IP Address:::1',
      [
        ['DNS', 'a.example'],
        ['URI', 'spiffe://b/c:d'],
        ['email', 'e@f'],
        ['IP Address', '::1'],
      ],
    ],
    [
      'URI:"https://a/,DNS:admin", DNS:b',
      [
        ['URI', 'https://a/,DNS:admin'],
        ['DNS', 'b'],
      ],
    ],
    [
      'DNS:"a\\", URI:b", DNS:c',
      [
        ['DNS', 'a", URI:b'],
        ['DNS', 'c'],
      ],
    ],
    ['DNS:a,URI:b', []],
    ['DNS:"a', []],
    ['nonsense', []],
  ])('%s', (text, expected) => {
    expect(parseAltNames(text).map(({ kind, value }) => [kind, value])).toEqual(expected);
  });

  it('are what they were, whatever is in them', () => {
    const names = fc.array(fc.record({ kind: fc.constantFrom('DNS', 'URI', 'email'), value: fc.string() }));
    fc.assert(
      fc.property(names, (all) => {
        const text = all.map(({ kind, value }) => `${kind}:${JSON.stringify(value)}`).join(', ');
        expect(parseAltNames(text)).toEqual(all);
      }),
    );
  });
});
