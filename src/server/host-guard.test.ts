import { describe, expect, it } from 'vitest';
import { HostGuard, hostName } from './host-guard.js';

describe('hostName', () => {
  it.each([
    ['localhost', 'localhost'],
    ['Example.COM:8000', 'example.com'],
    ['example.com.:80', 'example.com'],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['[::1]', '::1'],
    ['', undefined],
    ['::1', undefined],
    ['a b', undefined],
    ['user@host', undefined],
    ['host/path', undefined],
    ['host:port', undefined],
    ['[evil]', undefined],
  ])("of '%s' is %s", (header, name) => {
    expect(hostName(header)).toBe(name);
  });
});

describe('HostGuard', () => {
  it('remembers what passed, and still refuses what did not', () => {
    const guard = new HostGuard({ host: '127.0.0.1', allowedHosts: ['Models.Internal'] });
    for (let round = 0; round < 2; round++) {
      expect(() => guard.check('models.internal:8000')).not.toThrow();
      expect(() => guard.check('evil.example')).toThrow("host 'evil.example' is not served here");
      expect(() => guard.check(undefined)).not.toThrow();
    }
  });

  it('trusts pages of addresses, which cannot be rebound, and of names that are served', () => {
    const guard = new HostGuard({ host: '127.0.0.1', allowedHosts: ['models.internal'] });
    const hosts = ['192.0.2.7:3000', '[2001:db8::7]', 'localhost:5173', 'Models.Internal', 'evil.example', 'a b'];
    expect(hosts.filter((host) => guard.isTrusted(host))).toEqual(hosts.slice(0, 4));
    expect(guard.isTrusted(undefined)).toBe(false);
  });
});
