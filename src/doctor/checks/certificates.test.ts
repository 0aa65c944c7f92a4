import { expect, it } from 'vitest';
import { DAY_MS, found, NOW_MS } from '../../../test/support/doctor-facts.js';
import type { CertificateFacts, CertificateInChain } from '../facts.js';
import { checkCertificates } from './certificates.js';

const LEAF: CertificateInChain = {
  name: 'models.example.com',
  notBeforeMs: NOW_MS - 60 * DAY_MS,
  notAfterMs: NOW_MS + 60 * DAY_MS,
  isSelfSigned: false,
  isIssuedByNext: true,
  rsaBits: undefined,
};
const SETTING = ['server', 'tls', 'certFile'];
const foundIn = (chain: readonly Partial<CertificateInChain>[], given: Partial<CertificateFacts> = {}) => {
  const full = chain.map((certificate) => ({ ...LEAF, ...certificate }));
  const certificate = { setting: SETTING, file: 's.crt', kind: 'server', chain: full, problem: '', ...given } as const;
  return found(checkCertificates, { certificates: [certificate] });
};
const DATES = 'openssl x509 -noout -subject -dates -in s.crt';

it('certificates that hold for a while are fine', () => {
  expect(foundIn([{ notAfterMs: NOW_MS + 31 * DAY_MS }, { name: 'CA', rsaBits: 2_048 }])).toEqual([]);
});

it.each([
  ['of 90 days at their first renewal', 60, 30.1],
  ['of a week that are rotated after four days', 4, 3],
  ['of a day that a service mesh rotates', 0.5, 0.5],
  ['of an hour', 0.5 / 24, 0.5 / 24],
])('certificates %s are fine', (_what, oldDays, leftDays) => {
  const [notBeforeMs, notAfterMs] = [NOW_MS - oldDays * DAY_MS, NOW_MS + leftDays * DAY_MS];
  expect(foundIn([{ notBeforeMs, notAfterMs }])).toEqual([]);
});

it('certificates of a day whose rotation is late are a warning with less than a third left, an error with less than a ninth', () => {
  const levelOf = (leftHours: number) => {
    const notAfterMs = NOW_MS + (leftHours * DAY_MS) / 24;
    return foundIn([{ notBeforeMs: notAfterMs - DAY_MS, notAfterMs }]).map((line) =>
      line.split(' ').slice(0, 2).join(' '),
    );
  };
  expect([8.1, 8, 2.7, 2.6].map(levelOf)).toEqual([
    [],
    ['warning certificate-ends-soon'],
    ['warning certificate-ends-soon'],
    ['error certificate-ends-soon'],
  ]);
});

it.each<[Partial<CertificateInChain>, string]>([
  [
    { notAfterMs: NOW_MS + 30 * DAY_MS },
    `warning certificate-ends-soon server.tls.certFile: the certificate of models.example.com in s.crt ends on 2026-12-27, in 30 days: renew it; the server reads the file again by itself → ${DATES}`,
  ],
  [
    { notAfterMs: NOW_MS + 1.5 * DAY_MS },
    `error certificate-ends-soon server.tls.certFile: the certificate of models.example.com in s.crt ends on 2026-11-28, in 1 day: renew it; the server reads the file again by itself → ${DATES}`,
  ],
  [
    { notAfterMs: NOW_MS },
    `error certificate-expired server.tls.certFile: the certificate of models.example.com in s.crt has expired on 2026-11-27 → ${DATES}`,
  ],
  [
    { notBeforeMs: NOW_MS + DAY_MS },
    `error certificate-early server.tls.certFile: the certificate of models.example.com in s.crt is valid from 2026-11-28 on only → ${DATES}`,
  ],
  [
    { rsaBits: 1_024 },
    'error certificate-weak server.tls.certFile: the certificate of models.example.com in s.crt has an RSA key of 1024 bits, which clients refuse → openssl req -new -newkey rsa:3072 -noenc -keyout server.key -out server.csr',
  ],
  [
    { isSelfSigned: true },
    'note certificate-self-signed server.tls.certFile: the certificate of models.example.com in s.crt is its own authority: each client has to be told to trust it → millrace models list --ca-file s.crt',
  ],
])('tells of %j', (certificate, expected) => expect(foundIn([certificate])).toEqual([expected]));

it('tells of a chain in the wrong order, and of an authority behind that has expired', () => {
  expect(foundIn([{ isIssuedByNext: false }, { name: 'CA', notAfterMs: 0 }])).toEqual([
    `error certificate-expired server.tls.certFile: the certificate of CA in s.crt has expired on 1970-01-01 → ${DATES}`,
    'error certificate-chain server.tls.certFile: in s.crt the certificate of models.example.com is not issued by the one behind it: the chain is in the wrong order, or one is missing → cat server.crt intermediate.crt > s.crt',
  ]);
});

it('expects no chain among authorities', () => {
  expect(foundIn([{ isIssuedByNext: false, isSelfSigned: true }, {}], { kind: 'authority' })).toEqual([]);
});

it('tells of files that cannot be used', () => {
  expect(foundIn([], { problem: 'ENOENT' })).toEqual([
    'error certificate-unusable server.tls.certFile: s.crt cannot be used: ENOENT → openssl x509 -noout -text -in s.crt',
  ]);
});
