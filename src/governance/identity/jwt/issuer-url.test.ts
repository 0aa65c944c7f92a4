import { describe, expect, it } from 'vitest';
import { issuerOptions } from '../../../../test/support/token-issuer.js';
import { checkIssuers, discoveryUrlOf, nameOfIssuer } from './issuer-url.js';
import type { IssuerOptions } from './options.js';

const check = (...issuers: readonly Partial<IssuerOptions>[]) => checkIssuers(issuers.map(issuerOptions));

describe('issuers', () => {
  it.each([
    'https://a.example',
    'https://a.example:8443/realms/x',
    'http://127.0.0.1:8080',
    'http://localhost/',
    'http://[::1]:1',
  ])('may be at %s', (issuer) => expect(check({ issuer })).toEqual([]));

  it.each([
    ['http://a.example', "'http://a.example' is not encrypted: expected https (http on loopback only)"],
    [
      'http://127.0.0.1.a.example',
      "'http://127.0.0.1.a.example' is not encrypted: expected https (http on loopback only)",
    ],
    ['a.example', "'a.example' is no URL"],
    ['https://u:p@a.example', 'a URL may not have a password'],
    ['https://a.example?x=1', "'https://a.example?x=1' has a query or a fragment"],
  ])('may not be at %s', (issuer, problem) => {
    expect(check({ issuer })).toEqual([`auth.issuers[0].issuer: ${problem}`]);
    expect(check({ jwksUri: issuer })).toEqual([`auth.issuers[0].jwksUri: ${problem}`]);
  });

  it('have names of their own', () => {
    expect(check({ issuer: 'https://a.example/1' }, { issuer: 'https://a.example/2' })).toEqual([
      "auth.issuers[1].name: 'a.example' is taken already",
    ]);
    expect(check({ issuer: 'https://a.example/1' }, { issuer: 'https://a.example/2', name: 'b' })).toEqual([]);
    expect(check({ name: 'a' }, { name: 'b' })).toEqual([
      "auth.issuers[1].issuer: 'https://login.example.com' is taken already",
    ]);
  });

  it('are not discovered where it is said where the keys are', () => {
    expect(check({ jwksUri: 'https://a.example/j', discoveryUrl: 'https://a.example/d' })).toEqual([
      'auth.issuers[0].discoveryUrl: with auth.issuers[0].jwksUri nothing is discovered',
    ]);
  });
});

it('a document is below its issuer, whether its URL ends in a slash or not', () => {
  for (const issuer of ['https://a.example/x', 'https://a.example/x/']) {
    expect(discoveryUrlOf(issuerOptions({ issuer }))).toBe('https://a.example/x/.well-known/openid-configuration');
  }
  expect(nameOfIssuer({ issuer: 'https://a.example:1/x' })).toBe('a.example:1');
});
