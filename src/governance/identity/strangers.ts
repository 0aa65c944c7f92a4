import type { Strangers } from '../access/lock-out.js';
import { nameOfIssuer } from './jwt/issuer-url.js';
import type { IssuerOptions } from './jwt/options.js';

/** Callers with tokens of these issuers, and with certificates where the server asks clients for them. */
export function strangersOf(issuers: readonly IssuerOptions[], asksForCertificates: boolean): readonly Strangers[] {
  return [
    ...issuers.map((issuer) => ({
      names: `oidc:${nameOfIssuer(issuer)}/`,
      groups: issuer.groupsClaim === '' ? undefined : issuer.groupsPrefix,
    })),
    ...(asksForCertificates ? [{ names: 'cert:', groups: '' }] : []),
  ];
}
