import { quoteShell } from '../../text/index.js';
import { type Check, command, DAY_MS, type Diagnosis, days } from '../diagnosis.js';
import type { CertificateFacts, CertificateInChain } from '../facts.js';

/**
 * Most authorities and cert-manager renew at two thirds of a certificate's life: with less of it left, a renewal is late. The days are
 * for certificates that live for longer than 90 and 63 days.
 */
const ENDS_SOON = { days: 30, share: 1 / 3 };
const ENDS_VERY_SOON = { days: 7, share: 1 / 9 };
const LEAST_RSA_BITS = 2_048;

/** Certificates that end, do not fit, or that clients do not accept. */
export const checkCertificates: Check = ({ certificates, nowMs }) =>
  certificates.flatMap((each) => (each.problem === '' ? checkFile(each, nowMs) : [unusable(each)]));

function unusable({ setting: where, file, problem }: CertificateFacts): Diagnosis {
  return {
    id: 'certificate-unusable',
    level: 'error',
    what: `${file} cannot be used: ${problem}`,
    where,
    fix: command(`openssl x509 -noout -text -in ${quoteShell(file)}`),
  };
}

function checkFile({ setting: where, file, chain, kind }: CertificateFacts, nowMs: number): readonly Diagnosis[] {
  const fix = `openssl x509 -noout -subject -dates -in ${quoteShell(file)}`;
  return [
    ...checkTimes(chain, nowMs, { where, shownBy: file, fix }),
    ...(kind === 'server' ? checkChain({ setting: where, file, chain }) : []),
  ];
}

/** Where certificates are, and how to see when they end. */
export interface Showing {
  readonly where: Diagnosis['where'];
  /** A file, or the address of a server. */
  readonly shownBy: string;
  /** A line for a shell. */
  readonly fix: string;
}

/** When one of a chain ends, the chain does; authorities that are trusted end one by one. */
export function checkTimes(
  chain: readonly CertificateInChain[],
  nowMs: number,
  { where, shownBy, fix }: Showing,
): readonly Diagnosis[] {
  return chain.flatMap((certificate) => {
    const trouble = describeTime(certificate, nowMs);
    if (trouble === undefined) return [];
    const what = `the certificate of ${certificate.name} in ${shownBy} ${trouble.what}`;
    return [{ id: trouble.id, level: trouble.level, what, where, fix: command(fix) }];
  });
}

type TimeTrouble = Pick<Diagnosis, 'id' | 'level' | 'what'>;

function describeTime({ notBeforeMs, notAfterMs }: CertificateInChain, nowMs: number): TimeTrouble | undefined {
  const leftMs = notAfterMs - nowMs;
  if (leftMs <= 0) {
    return { id: 'certificate-expired', level: 'error', what: `has expired on ${dateOf(notAfterMs)}` };
  }
  if (notBeforeMs > nowMs) {
    return { id: 'certificate-early', level: 'error', what: `is valid from ${dateOf(notBeforeMs)} on only` };
  }
  const lifeMs = notAfterMs - notBeforeMs;
  const isWithin = ({ days: most, share }: typeof ENDS_SOON) => leftMs <= Math.min(most * DAY_MS, share * lifeMs);
  if (!isWithin(ENDS_SOON)) return undefined;
  return {
    id: 'certificate-ends-soon',
    level: isWithin(ENDS_VERY_SOON) ? 'error' : 'warning',
    what: `ends on ${dateOf(notAfterMs)}, in ${days(leftMs)}: renew it; the server reads the file again by itself`,
  };
}

function checkChain({
  setting: where,
  file,
  chain,
}: Pick<CertificateFacts, 'setting' | 'file' | 'chain'>): readonly Diagnosis[] {
  const [leaf] = chain;
  const broken = chain.findIndex(({ isIssuedByNext }) => !isIssuedByNext);
  return [
    ...(broken >= 0
      ? [
          {
            id: 'certificate-chain',
            level: 'error',
            what: `in ${file} the certificate of ${chain[broken]?.name} is not issued by the one behind it: the chain is in the wrong order, or one is missing`,
            where,
            fix: command(`cat server.crt intermediate.crt > ${quoteShell(file)}`),
          } as const,
        ]
      : []),
    ...chain
      .filter(({ rsaBits = LEAST_RSA_BITS }) => rsaBits < LEAST_RSA_BITS)
      .map(({ name, rsaBits }) => ({
        id: 'certificate-weak',
        level: 'error' as const,
        what: `the certificate of ${name} in ${file} has an RSA key of ${rsaBits} bits, which clients refuse`,
        where,
        fix: command('openssl req -new -newkey rsa:3072 -noenc -keyout server.key -out server.csr'),
      })),
    ...(leaf?.isSelfSigned
      ? [
          {
            id: 'certificate-self-signed',
            level: 'note',
            what: `the certificate of ${leaf.name} in ${file} is its own authority: each client has to be told to trust it`,
            where,
            fix: command(`millrace models list --ca-file ${quoteShell(file)}`),
          } as const,
        ]
      : []),
  ];
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
