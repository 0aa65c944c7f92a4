import { underlyingFailure } from '../client/index.js';

/** What to do when no server answers: by the code of what is underneath. */
export function reachHint(error: unknown): string | undefined {
  const { code } = underlyingFailure(error);
  if (UNTRUSTED.has(code))
    return 'If this is your server, name its certificate, or that of its authority, with --ca-file.';
  // Somebody answers there, but not as was asked.
  if (/^(ERR_SSL|ERR_TLS|CERT_|EPROTO|HPE_|HTTPParserError|UND_ERR_SOCKET|ECONNRESET)/.test(code)) return undefined;
  return 'Start a server with `millrace serve <folder>`, or say with --url where one is.';
}

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
