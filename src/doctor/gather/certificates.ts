import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Settings } from '../../config/index.js';
import { messageOf } from '../../core/index.js';
import { certificatesIn } from '../../server/index.js';
import type { CertificateFacts, CertificateInChain } from '../facts.js';

/** Certificates that clients are shown, and those that others are checked against. */
export async function gatherCertificates({ server, auth, jobs }: Settings): Promise<readonly CertificateFacts[]> {
  const { certFile, keyFile, clientCaFile } = server.tls;
  const authorities = [
    { setting: ['server', 'tls', 'clientCaFile'], file: clientCaFile },
    ...auth.issuers.map(({ caFile }, index) => ({
      setting: ['auth', 'issuers', String(index), 'caFile'],
      file: caFile,
    })),
    { setting: ['jobs', 'inputs', 'caFile'], file: jobs.inputs.caFile },
    { setting: ['jobs', 'webhooks', 'caFile'], file: jobs.webhooks.caFile },
  ];
  return Promise.all([
    ...(certFile === '' ? [] : [readServerPair(certFile, keyFile)]),
    ...authorities.filter(({ file }) => file !== '').map(readAuthorities),
  ]);
}

function readServerPair(file: string, keyFile: string): Promise<CertificateFacts> {
  return readFacts({ setting: ['server', 'tls', 'certFile'], file, kind: 'server' }, async (cert) =>
    pairProblem(cert, await readFile(keyFile, 'utf8')),
  );
}

function readAuthorities({ setting, file }: Pick<CertificateFacts, 'setting' | 'file'>): Promise<CertificateFacts> {
  return readFacts({ setting, file, kind: 'authority' }, async () => '');
}

/** `findProblem` looks at the text of a file that has certificates. */
async function readFacts(
  named: Pick<CertificateFacts, 'setting' | 'file' | 'kind'>,
  findProblem: (pem: string) => Promise<string>,
): Promise<CertificateFacts> {
  try {
    const pem = await readFile(named.file, 'utf8');
    const chain = describeChain(certificatesIn(pem));
    const problem = chain.length === 0 ? 'there is no PEM certificate in it' : await findProblem(pem);
    return { ...named, chain, problem };
  } catch (error) {
    return { ...named, chain: [], problem: messageOf(error) };
  }
}

export function describeChain(chain: readonly X509Certificate[]): readonly CertificateInChain[] {
  return chain.map((certificate, index) => {
    const next = chain[index + 1];
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
    return {
      name: nameOf(certificate),
      notBeforeMs: Date.parse(certificate.validFrom),
      notAfterMs: Date.parse(certificate.validTo),
      isSelfSigned: certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey),
      isIssuedByNext: next === undefined || (certificate.checkIssued(next) && certificate.verify(next.publicKey)),
      rsaBits: asymmetricKeyType === 'rsa' ? asymmetricKeyDetails?.modulusLength : undefined,
    };
  });
}

function nameOf({ subject, subjectAltName }: X509Certificate): string {
  return /^CN=(.+)$/m.exec(subject)?.[1] ?? subjectAltName ?? subject.replaceAll('\n', ', ');
}

/** Why the two cannot be used together; '' = they can. */
function pairProblem(cert: string, key: string): string {
  try {
    createSecureContext({ cert, key });
    return '';
  } catch (error) {
    return `it does not go with its key: ${messageOf(error)}`;
  }
}
