import { expect, it } from 'vitest';
import { DAY_MS, NOW_MS } from '../../test/support/doctor-facts.js';
import { examineFromOutside, type SeenServer } from './outside.js';

const SEEN: SeenServer = {
  url: new URL('https://models.example.com'),
  askedAtMs: NOW_MS,
  answeredAtMs: NOW_MS + 100,
  serverTimeMs: NOW_MS,
  serverVersion: '1.0.0',
  clientVersion: '1.0.0',
  hasKey: true,
  chain: [],
};
const seen = (given: Partial<SeenServer>) =>
  examineFromOutside({ ...SEEN, ...given }).map(
    ({ level, id, where, what, fix }) => `${level} ${id} ${where}: ${what} → ${fix.line}`,
  );

it('finds nothing where all is well', () => {
  expect(seen({})).toEqual([]);
  expect(seen({ serverTimeMs: undefined, url: new URL('http://localhost:8000') })).toEqual([]);
  expect(seen({ url: new URL('http://10.0.0.1:8000'), hasKey: false })).toEqual([]);
});

it('counts neither the way there nor the resolution of the header as skew', () => {
  expect(seen({ serverTimeMs: NOW_MS + 5_000 })).toEqual([]);
  expect(seen({ serverTimeMs: NOW_MS + 20_000, answeredAtMs: NOW_MS + 30_000 })).toEqual([]);
  expect(seen({ serverTimeMs: NOW_MS - 3_600_000 })).toEqual([
    "warning clock-skew the clock: the server's clock is 3599 s or more behind the one of this machine → timedatectl set-ntp true",
  ]);
});

it('tells of keys in the clear, other versions, and certificates that are shown and end', () => {
  expect(seen({ url: new URL('http://10.0.0.1:8000'), serverVersion: '1.1.0' })).toEqual([
    'warning key-in-the-clear http://10.0.0.1:8000: the key has crossed the network to 10.0.0.1:8000 in the clear → millrace doctor --url https://10.0.0.1:8000',
    'note version-differs http://10.0.0.1:8000: the server is millrace 1.1.0, this is 1.0.0: it may not know what the other does → npm install millrace@1.1.0',
  ]);
  const leaf = {
    name: 'm',
    notBeforeMs: 0,
    notAfterMs: NOW_MS + DAY_MS,
    isSelfSigned: false,
    isIssuedByNext: true,
    rsaBits: undefined,
  };
  expect(seen({ chain: [leaf] })).toEqual([
    'error certificate-ends-soon https://models.example.com: the certificate of m in models.example.com:443 ends on 2026-11-28, in 0 days: renew it; the server reads the file again by itself → openssl s_client -connect models.example.com:443 -showcerts </dev/null | openssl x509 -noout -subject -dates',
  ]);
});
