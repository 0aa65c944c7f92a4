import type { X509Certificate } from 'node:crypto';
import { foreignNameProblem } from '../foreign-name.js';

/** A certificate that a client has shown in a TLS handshake, issued by an authority that this server trusts. */
export interface ClientCertificate {
  /** Whom it names, see {@link readCertificate}; undefined = nobody whom this server could call by a name. */
  readonly name: string | undefined;
  /** Its organizational units. */
  readonly groups: readonly string[];
  /** When it expires, in milliseconds since the epoch. */
  readonly notAfterMs: number;
}

/** Kinds of names, the first of which that a certificate has is the caller's. */
const KINDS = ['URI', 'DNS', 'email'] as const;

/**
 * Whom a certificate names by its subject alternative names: the first URI (a SPIFFE ID, say), else the first DNS name, else the first
 * e-mail address. The common name does not count (RFC 9525). Groups are the organizational units (OU) of its subject.
 */
export function readCertificate(certificate: X509Certificate): ClientCertificate {
  const names = parseAltNames(certificate.subjectAltName ?? '');
  const name = KINDS.map((kind) => names.find((each) => each.kind === kind)).find((each) => each !== undefined)?.value;
  return {
    name: name !== undefined && isUsable(name) ? name : undefined,
    groups: unitsOf(certificate).filter(isUsable),
    notAfterMs: Date.parse(certificate.validTo),
  };
}

function isUsable(name: string): boolean {
  return name !== '' && foreignNameProblem(name) === undefined;
}

function unitsOf(certificate: X509Certificate): readonly string[] {
  // Node writes several of the same kind as a list, of which its types say nothing.
  const units: string | readonly string[] | undefined = certificate.toLegacyObject().subject?.OU;
  return typeof units === 'string' ? [units] : (units ?? []);
}

interface AltName {
  readonly kind: string;
  readonly value: string;
}

/** Node's way of writing them: `URI:spiffe://a/b, DNS:c`, with what could be mistaken for several names as a JSON string. */
export function parseAltNames(text: string): readonly AltName[] {
  const names: AltName[] = [];
  const pattern = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (found === null) return [];
    const [, kind = '', value = ''] = found;
    names.push({ kind, value: value.startsWith('"') ? JSON.parse(value) : value });
  }
  return names;
}
