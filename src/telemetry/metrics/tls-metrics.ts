import type { Events } from '../../core/index.js';
import { type Family, single } from './family.js';

/** The certificate that clients are shown. */
export class TlsMetrics {
  #expiryMs: number | undefined;

  record({ notAfterMs }: Events['tlsCertificateLoaded']): void {
    this.#expiryMs = notAfterMs;
  }

  families(): readonly Family[] {
    return [
      {
        name: 'millrace_tls_certificate_expiry_timestamp_seconds',
        help: 'When the certificate in use expires, since the Unix epoch.',
        type: 'gauge',
        collect: () => (this.#expiryMs === undefined ? [] : single(this.#expiryMs / 1_000)),
      },
    ];
  }
}
