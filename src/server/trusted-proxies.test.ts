import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwardedPrefix, forwardedScheme, TrustedProxies } from './trusted-proxies.js';

const client = (proxies: readonly string[], header: string | undefined, proxy = '10.0.0.1') =>
  new TrustedProxies(proxies).clientOf({ 'x-forwarded-for': header }, proxy);

describe('a trusted proxy', () => {
  it.each([
    [['10.0.0.1'], '10.0.0.1', true],
    [['10.0.0.1'], '10.0.0.2', false],
    [['10.0.0.0/8'], '10.200.3.4', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
    [['fd00::/8'], 'fd12::1', true],
    [['fd00::/8'], 'fe80::1%eth0', false],
    [['0.0.0.0/0'], '192.0.2.1', true],
    [['unix'], '', true],
    [['10.0.0.0/8'], '', false],
    [['unix'], '10.0.0.1', false],
    [[], '127.0.0.1', false],
  ] as const)('of %j: %s is one, %s', (entries, address, expected) => {
    expect(new TrustedProxies(entries).has(address)).toBe(expected);
  });

  it.each(['gateway', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/129', '300.0.0.1', ''])(
    'is not named by %j',
    (entry) =>
      expect(() => new TrustedProxies([entry])).toThrow(
        `expected an IP address, a network such as 10.0.0.0/8, or unix, got '${entry}'`,
      ),
  );
});

describe('the client of a proxy', () => {
  it.each([
    ['the one that the proxy has appended', ['10.0.0.1'], '198.51.100.9', '198.51.100.9'],
    ['not what stands before that', ['10.0.0.1'], '203.0.113.5, 198.51.100.9', '198.51.100.9'],
    ['beyond all proxies', ['10.0.0.0/8'], '203.0.113.5, 198.51.100.9, 10.0.0.7', '198.51.100.9'],
    ['the first of several proxies where no other address is listed', ['10.0.0.0/8'], '10.0.0.3, 10.0.0.7', '10.0.0.3'],
    ['the proxy, where it sends no header', ['10.0.0.1'], undefined, '10.0.0.1'],
    ['the proxy, where it does not know the client', ['10.0.0.1'], '198.51.100.9, unknown', '10.0.0.1'],
    ['read without its port', ['10.0.0.1'], '198.51.100.9:4711', '198.51.100.9'],
    ['read without the brackets of IPv6', ['10.0.0.1'], '[2001:db8::7]:4711', '2001:db8::7'],
    ['read as IPv4 where it is mapped to IPv6', ['10.0.0.1'], '::ffff:198.51.100.9', '198.51.100.9'],
  ] as const)('is %s', (_, proxies, header, expected) => {
    expect(client(proxies, header)).toBe(expected);
  });

  it('is looked for in the last 32 entries', () => {
    const proxies = (count: number) => Array.from({ length: count }, (_, index) => `10.0.1.${index}`);
    expect(client(['10.0.0.0/8'], ['198.51.100.9', ...proxies(31)].join())).toBe('198.51.100.9');
    expect(client(['10.0.0.0/8'], ['198.51.100.9', ...proxies(32)].join())).toBe('10.0.1.0');
  });

  it('does not depend on what the client itself has sent', () => {
    const address = fc.ipV4().filter((text) => !text.startsWith('10.'));
    const forged = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constant('10.0.0.1'));
    fc.assert(
      fc.property(fc.array(forged), address, (claims, real) => {
        expect(client(['10.0.0.0/8'], [...claims, real].join(', '))).toBe(real);
        expect(client(['10.0.0.0/8'], [...claims, real, '10.9.9.9'].join(','))).toBe(real);
      }),
    );
  });
});

describe('the path below which a proxy serves', () => {
  it.each([
    ['/ml', '/ml'],
    ['/ml/', '/ml'],
    ['/team/ml', '/team/ml'],
    ['', ''],
    ['/', ''],
    ['ml', ''],
    ['//evil.example', ''],
    ['/\\evil.example', ''],
    ['/ml, /other', ''],
    ['/a b', ''],
    ['https://evil.example', ''],
    [undefined, ''],
  ])('%j is %j', (header, expected) => {
    expect(forwardedPrefix({ 'x-forwarded-prefix': header })).toBe(expected);
  });
});

it('A scheme is http or https', () => {
  const of = (header: string) => forwardedScheme({ 'x-forwarded-proto': header });
  expect(['http', 'https', 'ftp', 'https, http'].map(of)).toEqual(['http', 'https', undefined, undefined]);
});
