import { underlyingFailure } from '../client/index.js';

/** What to do when nothing answers a command: by the code of the failure underneath. */
export function reachHint(error: unknown, command: string | undefined): string | undefined {
  const { code } = underlyingFailure(error);
  if (command === 'pull') return sourceHint(code);
  if (UNTRUSTED.has(code))
    return 'If this is your server, name its certificate, or that of its authority, with --ca-file.';
  // Somebody answers there, but not as was asked.
  if (/^(ERR_SSL|ERR_TLS|CERT_|EPROTO|HPE_|HTTPParserError|UND_ERR_SOCKET|ECONNRESET)/.test(code)) return undefined;
  return 'Start a server with `millrace serve <folder>`, or say with --url where one is.';
}

/** Models come from registries and the web, to which no server of millrace matters. */
function sourceHint(code: string): string | undefined {
  if (UNTRUSTED.has(code)) return 'If you trust it, name its authority in the variable NODE_EXTRA_CA_CERTS.';
  if (!UNREACHED.has(code)) return undefined;
  return "This machine does not reach it: check network, DNS and firewall (proxies are not used). Without a network, copy the model's files into the repository.";
}

const UNREACHED: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
]);

const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
