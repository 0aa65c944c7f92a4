import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** An authority by openssl: `NAME.crt` and `NAME.key` in the folder. */
export function makeAuthority(folder: string, name: string): void {
  const extensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'];
  const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
  openssl(folder, ['req', '-x509', ...KEY, '-days', '30', '-subj', `/CN=${name} authority`, ...extensions, ...files]);
}

export interface CertificateWish {
  readonly name: string;
  /** Of {@link makeAuthority}, in the same folder. */
  readonly authority: string;
  /** As openssl writes them: `IP:127.0.0.1,DNS:localhost`. */
  readonly altNames: string;
  /** Default 30; a negative number makes one that has expired. */
  readonly days?: number;
}

/** A certificate by openssl: `NAME.crt` and `NAME.key` in the folder. */
export function makeCertificate(folder: string, { name, authority, altNames, days = 30 }: CertificateWish): void {
  openssl(folder, ['req', ...KEY, '-subj', '/CN=ignored', '-keyout', `${name}.key`, '-out', `${name}.csr`]);
  writeFileSync(path.join(folder, `${name}.ext`), `subjectAltName=${altNames}\n`);
  const issuer = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-days', String(days)];
  openssl(folder, ['x509', '-req', '-in', `${name}.csr`, ...issuer, '-extfile', `${name}.ext`, '-out', `${name}.crt`]);
}

function openssl(folder: string, args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}
