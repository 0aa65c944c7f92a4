import { describe, expect, it } from 'vitest';
import { isInternalAddress, publicLookup, type Resolve } from './addresses.js';

describe('isInternalAddress', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    'fe80::1',
    'fc00::1',
    '64:ff9b::10.0.0.1',
    '2002:0a00:0001::',
    // 6to4, Teredo and ISATAP of public addresses: where such a tunnel leads is not known.
    '2002:0808:0808::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    'fe80::5efe:10.0.0.1',
    '192.0.0.8',
    '198.18.0.1',
    '240.0.0.1',
    'fec0::1',
    '::127.0.0.1',
    '::ffff:0:7f00:1',
    '64:ff9b:1::1',
    '64:ff9b::198.18.0.1',
    '100::1',
    '2001:db8::1',
    '4000::1',
    'no address',
  ])('is true of %s', (address) => expect(isInternalAddress(address)).toBe(true));

  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'])(
    'is false of %s',
    (address) => expect(isInternalAddress(address)).toBe(false),
  );
});

describe('publicLookup', () => {
  const lookUp = (addresses: readonly string[], all: boolean) => {
    const resolve = ((_host: string, _options: object, callback: (error: null, found: object[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      )) as unknown as Resolve;
    return new Promise((done) => {
      publicLookup(resolve)('a.example', { all }, (error, found) => done(error?.message ?? found));
    });
  };

  it('gives one address, or all', async () => {
    expect(await lookUp(['8.8.8.8', '8.8.4.4'], false)).toBe('8.8.8.8');
    expect(await lookUp(['8.8.8.8'], true)).toEqual([{ address: '8.8.8.8', family: 4 }]);
  });

  it('fails where any of the addresses is internal', async () => {
    expect(await lookUp(['8.8.8.8', '10.0.0.7'], true)).toBe('a.example has the internal address 10.0.0.7');
  });
});
