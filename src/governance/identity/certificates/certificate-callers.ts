import { type Clock, MillraceError, type Principal } from '../../../core/index.js';
import type { AccessPolicy } from '../../access/policy.js';
import type { ClientCertificate } from './client-certificate.js';

/** Makes callers of client certificates: `cert:<name>`. */
export class CertificateCallers {
  readonly #policy: AccessPolicy;
  readonly #clock: Clock;
  readonly #known = new WeakMap<ClientCertificate, Principal>();

  constructor(policy: AccessPolicy, clock: Clock) {
    this.#policy = policy;
    this.#clock = clock;
  }

  /** Whose it is. Throws `unauthenticated` where it has expired on a long connection, or names nobody. */
  principalOf(certificate: ClientCertificate): Principal {
    const { name, groups, notAfterMs } = certificate;
    if (this.#clock.wallNow() >= notAfterMs) throw refused(`it expired at ${new Date(notAfterMs).toISOString()}`);
    let principal = this.#known.get(certificate);
    if (principal === undefined) {
      if (name === undefined) throw refused('it has no URI, DNS name or e-mail address among its alternative names');
      principal = this.#policy.principalOf({ kind: 'cert', name: `cert:${name}`, groups, endsAtMs: notAfterMs });
      this.#known.set(certificate, principal);
    }
    return principal;
  }
}

function refused(why: string): MillraceError {
  return new MillraceError('unauthenticated', 'this client certificate is not accepted', { cause: new Error(why) });
}
