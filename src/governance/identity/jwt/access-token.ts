import type { DecodedToken, JsonObject } from './decode-token.js';
import type { IssuerOptions } from './options.js';

/** Claims that OpenID Connect defines for ID tokens alone. */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'] as const;
/** Claims that access tokens have and ID tokens have not: of RFC 9068, Okta, Entra ID, Auth0 and Kubernetes. */
const ACCESS_TOKEN_CLAIMS = [
  'client_id',
  'scope',
  'scp',
  'cid',
  'appid',
  'appidacr',
  'azpacr',
  'gty',
  'kubernetes.io',
] as const;
/** What Keycloak calls its tokens that are no access tokens. */
const OTHER_KINDS: ReadonlySet<unknown> = new Set(['ID', 'Refresh', 'Offline', 'Logout']);

/** How to tell an access token. */
export type AccessTokenRule = Pick<IssuerOptions, 'audience' | 'tokens'>;

/**
 * Why a token is no access token; undefined = it is taken for one. An ID token tells a client who has logged in, and every client of a
 * provider has some: taken as a credential, each of them could call in the name of its users.
 *
 * The header's type `at+jwt` (RFC 9068) says that it is one, and so do Keycloak and Cognito in the payload. Other types are refused
 * (`logout+jwt`, `secevent+jwt`). A plain `JWT` must have a claim that ID tokens never have, and none that they alone have: an ID token may say
 * nothing but who, for whom and until when.
 */
export function whyNoAccessToken({ header, claims }: DecodedToken, rule: AccessTokenRule): string | undefined {
  const type = typeOf(header);
  if (type === 'at+jwt') return undefined;
  if (rule.tokens === 'at+jwt') return `its type is ${quote(type)}; expected 'at+jwt'`;
  if (type !== '' && type !== 'jwt') return `its type is ${quote(type)}; expected 'at+jwt' or 'JWT'`;
  if (claims.events !== undefined) return 'it tells of events (RFC 8417)';
  if (OTHER_KINDS.has(claims.typ)) return `its claim typ is ${quote(claims.typ)}: it is no access token`;
  if (claims.token_use !== undefined && claims.token_use !== 'access') {
    return `its claim token_use is ${quote(claims.token_use)}: it is no access token`;
  }
  if (claims.typ === 'Bearer' || claims.token_use === 'access') return undefined;
  const telltale = ID_TOKEN_CLAIMS.find((name) => claims[name] !== undefined);
  if (telltale !== undefined) return `it is an ID token: it has the claim ${telltale}`;
  if (ACCESS_TOKEN_CLAIMS.some((name) => claims[name] !== undefined)) return undefined;
  if (rule.tokens === 'access') return 'nothing in it says that it is an access token: it may be an ID token';
  return claims.azp === rule.audience
    ? 'it is an ID token: its audience is the client that asked for it (azp)'
    : undefined;
}

/** The media type, in small letters and without what it may leave out (RFC 7515, 4.1.9). */
function typeOf({ typ }: JsonObject): string {
  if (typ === undefined) return '';
  if (typeof typ !== 'string') return '?';
  return typ.toLowerCase().replace(/^application\//, '');
}

function quote(value: unknown): string {
  return `'${String(value).slice(0, 64)}'`;
}
