import type { Settings } from './schema.js';

/** Whether nobody calls without a key, a token or a certificate: there are some by which callers are known, or have to be. */
export function requiresCredential({ auth, server }: Pick<Settings, 'auth' | 'server'>): boolean {
  return auth.required || auth.keys.length > 0 || auth.issuers.length > 0 || server.tls.clientCertificates !== 'none';
}
