import { describe, expect, it } from 'vitest';
import { Receivers } from './receivers.js';

const receivers = new Receivers({
  allow: ['hooks.example.com', '*.corp.example', 'hooks.example.com:8443', '[2001:db8::1]', 'intranet:8080'],
  allowFor: { ann: ['ann.example'] },
  allowPrivate: ['intranet:8080'],
});
const outcome = (url: string, principal = 'bob') => {
  try {
    return receivers.check(principal, url).href;
  } catch (error) {
    const { code, message } = error as Error & { readonly code: string };
    return `${code}: ${message}`;
  }
};

describe('a receiver', () => {
  it.each([
    'https://hooks.example.com/jobs?x=1',
    'https://HOOKS.example.com:443/',
    'https://hooks.example.com:8443/',
    'https://a.b.corp.example/',
    'https://[2001:db8::1]/',
    'http://intranet:8080/',
  ])('may be %s', (url) => {
    expect(outcome(url)).toBe(new URL(url).href);
  });

  it.each([
    'https://corp.example/',
    'https://evilcorp.example/',
    'https://hooks.example.com.evil.example/',
    'https://hooks.example.com:9443/',
    'https://hooks.example.com./',
    'https://ann.example/',
    'https://intranet/',
  ])('may not be %s, which no setting lists', (url) => {
    const { host } = new URL(url);
    expect(outcome(url)).toBe(`permission_denied: webhook: '${host}' is not a receiver that jobs.webhooks.allow lists`);
  });

  it('may be a host that is listed for its principal', () => {
    expect(outcome('https://ann.example/', 'ann')).toBe('https://ann.example/');
    expect(outcome('https://ann.example/', 'constructor')).toContain('permission_denied');
  });

  it.each([
    ['hooks.example.com', "webhook: expected a URL such as https://hooks.example.com/jobs, got 'hooks.example.com'"],
    ['file:///etc/passwd', "webhook: expected a URL such as https://hooks.example.com/jobs, got 'file:///etc/passwd'"],
    [
      'https://a:b@hooks.example.com/',
      "webhook: expected a URL without user, password and fragment, got 'hooks.example.com' with one",
    ],
    [`https://hooks.example.com/${'x'.repeat(1_024)}`, 'webhook: expected at most 1024 characters, got 1050'],
  ])('may not be %s', (url, message) => {
    expect(outcome(url)).toBe(`invalid_argument: ${message}`);
  });

  it('is reached over https unless it is private', () => {
    const open = new Receivers({ allow: ['hooks.example.com:80'], allowFor: {}, allowPrivate: [] });
    expect(() => open.check('bob', 'http://hooks.example.com/')).toThrow(
      "webhook: expected https:, got http: ('hooks.example.com' is not in jobs.webhooks.allowPrivate)",
    );
  });
});
