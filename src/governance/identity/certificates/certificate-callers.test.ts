import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { AccessPolicy } from '../../access/policy.js';
import { storedIdentityOf } from '../stored-identity.js';
import { CertificateCallers } from './certificate-callers.js';
import { readCertificate } from './client-certificate.js';

const fixture = (name: string) =>
  readCertificate(new X509Certificate(readFileSync(`test/fixtures/tls/clients/${name}.crt`)));

function start() {
  const clock = new FakeClock();
  return { clock, callers: new CertificateCallers(new AccessPolicy(), clock) };
}

const refusal = (why: string) =>
  expect.objectContaining({
    code: 'unauthenticated',
    message: 'this client certificate is not accepted',
    cause: expect.objectContaining({ message: why }),
  });

describe('a client certificate', () => {
  it.each([
    ['spiffe', 'cert:spiffe://example.com/ns/fraud/sa/scorer', ['fraud-team', 'night-shift']],
    ['dns', 'cert:b.example.com', []],
    ['mail', 'cert:c@example.com', []],
  ])('with %s is %s', (name, caller, groups) => {
    expect(start().callers.principalOf(fixture(name))).toMatchObject({ name: caller, groups });
  });

  it('that names nobody is refused, whatever its common name', () => {
    const why = 'it has no URI, DNS name or e-mail address among its alternative names';
    expect(() => start().callers.principalOf(fixture('nameless'))).toThrow(refusal(why));
  });

  it('is the same caller for as long as its connection, until it expires', async () => {
    const { clock, callers } = start();
    const certificate = { ...fixture('dns'), notAfterMs: clock.wallNow() + 1_000 };
    const caller = callers.principalOf(certificate);
    await clock.advance(999);
    expect(callers.principalOf(certificate)).toBe(caller);
    expect(storedIdentityOf(caller).endsAtMs).toBe(certificate.notAfterMs);
    await clock.advance(1);
    const expired = `it expired at ${new Date(certificate.notAfterMs).toISOString()}`;
    expect(() => callers.principalOf(certificate)).toThrow(refusal(expired));
  });

  it('may not have a name that would be several lines of a log', () => {
    const certificate = {
      subjectAltName: 'DNS:"a\\nlevel=error"',
      validTo: 'Nov 27 00:00:00 2126 GMT',
      toLegacyObject: () => ({ subject: { OU: ['fine', 'two\nlines'] } }),
    } as unknown as X509Certificate;
    expect(readCertificate(certificate)).toMatchObject({ name: undefined, groups: ['fine'] });
  });
});
